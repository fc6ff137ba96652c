"""Calls into sqlparse: formatting, splitting, reading the parts of statements."""

import sqlparse

from xetcache import register, xetmemo

# A type of token notes in itself what was asked of it; the lexer is made when it is asked for.
register(type(sqlparse.tokens.Token), tuple)
sqlparse.lexer.Lexer.get_default_instance()

SQL = """select a.x, count(*) as n from t1 a join t2 b on a.id = b.id -- why
where a.y > 10 and b.z in (select z from t3 where q = 'it''s') group by a.x order by n desc;
insert into t4 (a, b) values (1, 'two'); update t5 set c = case when d is null then 0 else 1 end"""


# One call, and not three: to walk the tree of token types takes seconds.
@xetmemo(always=True)
def everything():
    return [
        sqlparse.format(SQL, reindent=True, keyword_case="upper", strip_comments=True),
        sqlparse.format(SQL, reindent_aligned=True, identifier_case="upper", wrap_after=20),
        sqlparse.split(SQL),
        [
            (str(token.ttype), type(token).__name__, str(token))
            for statement in sqlparse.parse(SQL)
            for token in statement.flatten()
        ],
    ]
