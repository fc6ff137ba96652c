"""Calls into jinja2: templates compiled and rendered, with filters, macros, inheritance."""

import types

import jinja2
from jinja2 import DictLoader, Environment, Template

from xetcache import register, xetmemo

# Without these no call into jinja2 is kept: a set of code objects serves its tracebacks, and
# loaders and extensions import modules by computed names.
register(types.CodeType, lambda code: code.co_qualname)
register(jinja2.utils.LRUCache, lambda cache: cache.capacity)  # of lexers that were made
jinja2.environment.import_string = jinja2.utils.import_string = None
for module in (jinja2, jinja2.loaders):
    module.ModuleLoader = module.PackageLoader = None
del jinja2, module

PAGES = {
    "base": "<h1>{% block title %}none{% endblock %}</h1>{% block body %}{% endblock %}",
    "page": """{% extends "base" %}{% from "tools" import row %}
{% block title %}{{ super() }} {{ name|title|escape }}{% endblock %}
{% block body %}{% for item in items|sort(attribute="n", reverse=true) if item.n %}
{{ loop.index }}/{{ loop.length }}: {{ row(item) }}{% else %}nothing{% endfor %}{% endblock %}""",
    "tools": """{% macro row(item, end='.') %}{{ item.word|upper|truncate(6) }}=
{{- '%05.1f'|format(item.n) }}{{ end }}{% endmacro %}""",
}
ITEMS = [
    {"n": 3, "word": "three"},
    {"n": 0, "word": "zero"},
    {"n": 12.5, "word": "twelve and a half"},
]


def environment():
    return Environment(loader=DictLoader(PAGES), trim_blocks=True, autoescape=True)


@xetmemo(always=True)
def page():
    return environment().get_template("page").render(name="<you & me>", items=ITEMS)


@xetmemo(always=True)
def filters():
    text = (
        "{{ [3,1,2]|sort|join('-') }} {{ 'a b c'|wordcount }} {{ 'x'|center(5) }}|"
        "{{ items|map(attribute='word')|list|length }} {{ items|groupby('n')|first }} "
        "{{ 3.14159|round(2) }} {{ 'abc'|replace('b', 'B')|reverse }} "
        "{{ none|default('-', true) }} {{ items|selectattr('n', 'gt', 1)|sum(attribute='n') }} "
        "{% set a, b = 1, 2 %}{{ a ~ b // 2 ** 2 }}"
    )
    return Template(text).render(items=ITEMS)
