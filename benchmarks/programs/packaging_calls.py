"""Calls into packaging: versions, requirements, markers."""

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from xetcache import register, xetmemo

# A version notes its hash in itself when it is asked for it.
register(Version, str)

VERSIONS = ["1.0", "1.0.post1", "2!1.1rc2+local.7", "1.0.dev3", "1.4.2", "2.0a1", "3.11.4"]
ENVIRONMENT = {"python_version": "3.11", "sys_platform": "linux", "extra": "fast"}


@xetmemo(always=True)
def in_order():
    found = sorted(Version(text) for text in VERSIONS)
    return [(str(one), one.public, one.is_prerelease, one.release) for one in found]


@xetmemo(always=True)
def allowed():
    sets = [SpecifierSet(text) for text in (">=1.0,<2", "~=1.4", "!=1.4.2,==1.*", "===1.0")]
    return [[one for one in VERSIONS if specifier.contains(one)] for specifier in sets]


@xetmemo(always=True)
def parsed():
    one = Requirement('Foo.Bar[fast,safe]>=1.0,<3; python_version >= "3.8" and extra == "fast"')
    marker = Marker('sys_platform == "linux" or (python_version < "3" and extra != "x")')
    return [
        str(one),
        canonicalize_name(one.name),
        sorted(one.extras),
        one.marker is not None and one.marker.evaluate(ENVIRONMENT),
        marker.evaluate(ENVIRONMENT),
        str(parse_wheel_filename("foo_bar-1.2.0-1-py3-none-any.whl")[:3]),
    ]
