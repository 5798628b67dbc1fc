"""What a host may set: read from the environment, or refused in words that name the setting."""

import pytest

from deploy import settings
from deploy.settings import Settings, WrongSetting, read


def test_nothing_said_is_one_replica_per_core_and_no_stranger_may_embed():
    assert read({"HOME": "/home/x"}, cores=4) == Settings(replicas=4, readers=2000)
    assert read({}, cores=1).embed == ("'self'",)


def test_what_is_said_is_set():
    said = {
        "SITE_PORT": " 80 ",
        "SITE_REPLICAS": "3",
        "SITE_EMBED": "https://a.example.org https://*.b.org:8443",
        "SITE_BEHIND_PROXY": "10.0.0.0/8",
        "SITE_ADDRESS": "",
        "SITE_PRECOMPUTE": "no",
    }
    ours = read(said, cores=2)
    assert (ours.port, ours.replicas, ours.readers, ours.address) == (80, 3, 1500, "0.0.0.0")
    assert ours.embed == ("'self'", "https://a.example.org", "https://*.b.org:8443")
    assert ours.behind_proxy == ("10.0.0.0/8",) and not ours.secure and not ours.precompute


@pytest.mark.parametrize("text", ["self", "'self'", "self self"])
def test_self_with_and_without_quotes(text):
    assert read({"SITE_EMBED": text}, 1).embed == ("'self'",)
    assert read({"SITE_EMBED": "none"}, 1).embed == ("'none'",)


@pytest.mark.parametrize(
    "name,text,word",
    [
        ("SITE_EMBD", "self", "Did you mean SITE_EMBED"),
        ("SITE_EMBED", "course.example.org", "https://course.example.org"),
        ("SITE_EMBED", "https://a.org; script-src *", "who may embed"),
        ("SITE_EMBED", 'https://a.org"', "who may embed"),
        ("SITE_EMBED", "https://a.org/page", "who may embed"),
        ("SITE_EMBED", "none https://a.org", "stands alone"),
        ("SITE_EMBED", "*", "who may embed"),
        ("SITE_PORT", "eighty", "whole number from 1 to 65535"),
        ("SITE_PORT", "٨٠", "whole number"),
        ("SITE_PORT", "0", "whole number"),
        ("SITE_REPLICAS", "65", "from 1 to 64"),
        ("SITE_READERS", "-1", "whole number"),
        ("SITE_ADDRESS", "example.org", "IPv4 address"),
        ("SITE_ADDRESS", "0.0.0.0; }", "IPv4 address"),
        ("SITE_BEHIND_PROXY", "10.0.0.1/8", "networks"),
        ("SITE_PRECOMPUTE", "off", "yes or no"),
        ("SITE_CERTIFICATE", "/no/such/file.pem", "no such file"),
        ("SITE_CERTIFICATE", "/etc/x y;", "whole path"),
        ("SITE_CERTIFICATE", __file__, "together"),
    ],
)
def test_what_cannot_be_meant_is_said(name, text, word):
    with pytest.raises(WrongSetting, match=word) as refused:
        read({name: text}, cores=2)
    assert name in str(refused.value)


@pytest.mark.parametrize(
    "quota,most", [("max 100000", 1000), ("50000 100000", 1), ("150000 100000", 2), ("", 1000)]
)
def test_a_container_has_as_many_cores_as_its_quota(quota, most, tmp_path):
    file = tmp_path / "cpu.max"
    file.write_text(quota)
    here = settings.cores(tmp_path / "none")
    assert settings.cores(file) == min(here, most)
