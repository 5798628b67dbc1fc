"""nginx's configuration as text, without nginx: who is served by whom, and what is said of it."""

import base64
import gzip
import hashlib
import os
import re
from pathlib import Path

import pytest

from deploy import files, nginx, serve
from deploy.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = "<script>a = 1</script><script src='b.js'></script>"


def filled(*ports, **said) -> str:
    settings = Settings(replicas=len(ports), **said)
    return nginx.configuration(settings, ports, Path("/run/site"), PAGE)


def test_a_blank_that_is_not_filled_or_not_there_is_an_error():
    assert nginx.fill("a {{b}} $c {d}", b=1) == "a 1 $c {d}"
    for blanks in ({}, {"b": 1, "c": 2}):
        with pytest.raises(KeyError):
            nginx.fill("{{b}}", **blanks)


def test_braces_are_balanced_and_nothing_is_left_blank():
    for text in (filled(1), filled(1, 2, 3, behind_proxy=("10.0.0.0/8",))):
        bare = re.sub(r"#.*", "", text)
        assert bare.count("{") == bare.count("}") and "{{" not in text


def test_each_replica_is_first_for_its_readers_and_last_for_the_others():
    text = filled(8501, 8502, 8503)
    for number, own in enumerate((8501, 8502, 8503), 1):
        (group,) = re.findall(rf"upstream replica_{number} {{(.*)}}", text)
        first, *others = re.findall(r"server 127\.0\.0\.1:(\d+)([^;]*)", group)
        assert int(first[0]) == own and "backup" not in first[1]
        assert {int(port) for port, _ in others} == {8501, 8502, 8503} - {own}
        assert all(said.strip() == "backup" for _, said in others)
    assert "33.33% replica_1;" in text and "* replica_3;" in text


def test_one_replica_takes_all():
    text = filled(8501)
    assert "* replica_1;" in text and "backup" not in text and "%" not in text


def test_the_policy_lets_the_pages_own_script_through_by_its_hash():
    policy = nginx.content_policy(["'self'"], PAGE)
    digest = base64.b64encode(hashlib.sha256(b"a = 1").digest()).decode()
    assert f"'sha256-{digest}'" in policy and policy.count("sha256") == 1
    assert "unsafe-eval'" not in policy.replace("wasm-unsafe-eval", "")
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy


def test_who_may_embed_is_said_by_one_setting():
    ours, other = filled(1), filled(1, embed=("'self'", "https://course.example.org"))
    assert "frame-ancestors 'self';" in ours and 'X-Frame-Options "SAMEORIGIN"' in ours
    assert "frame-ancestors 'self' https://course.example.org;" in other
    assert 'X-Frame-Options ""' in other and "SameSite=None; Secure; Partitioned" in other
    assert "SameSite=None" not in ours
    assert 'X-Frame-Options "DENY"' in filled(1, embed=("'none'",))


def test_forwarded_words_are_believed_of_a_proxy_that_is_named_and_no_other():
    assert "set_real_ip_from" not in filled(1) and "http:https" not in filled(1)
    behind = filled(1, behind_proxy=("10.0.0.0/8", "172.16.0.0/12"))
    assert behind.count("set_real_ip_from") == 2 and '"~^http:https$"' in behind


def test_https_where_there_is_a_certificate():
    text = filled(1, certificate="/c.pem", certificate_key="/k.pem")
    assert " ssl http2 " in text and "ssl_certificate_key /k.pem;" in text
    assert 'Strict-Transport-Security "max-age=31536000"' in text
    assert "ssl" not in filled(1) and 'Strict-Transport-Security ""' in filled(1)


def test_headers_stand_in_one_place_as_a_second_would_hide_the_first():
    text = filled(1)
    inside = text.index("location /")
    assert text.count("add_header") >= 8 and "add_header" not in text[inside:]


def test_files_are_laid_out_plain_and_compressed(tmp_path):
    source = tmp_path / "source"
    (source / "static/js").mkdir(parents=True)
    (source / "index.html").write_text(PAGE)
    (source / "static/js/a.js").write_text("a" * 5000)
    (source / "static/b.woff2").write_bytes(b"b")
    files.lay_out(tmp_path / "out", source)
    out = tmp_path / "out/static"
    assert (out / "js/a.js").read_text() == "a" * 5000
    packed = (out / "js/a.js.gz").read_bytes()
    assert gzip.decompress(packed) == b"a" * 5000 and len(packed) < 100
    assert (out / "b.woff2").read_bytes() == b"b" and not (out / "b.woff2.gz").exists()


def test_files_are_readable_by_nginx_workers_whoever_may_read_their_sources(tmp_path):
    """Workers of an nginx that root starts may not enter root's virtual environment."""
    source = tmp_path / "source"
    (source / "static/js").mkdir(parents=True, mode=0o700)
    (source / "index.html").write_text(PAGE)
    (source / "static/js/a.js").write_text("a" * 5000)
    (source / "static/js/a.js").chmod(0o600)
    before = os.umask(0o077)
    try:
        files.lay_out(tmp_path / "out", source)
    finally:
        os.umask(before)
    made = [tmp_path / "out", *(tmp_path / "out").rglob("*")]
    assert len(made) == 5 and not any(file.is_symlink() for file in made)
    assert all(f.stat().st_mode & 0o777 == (0o755 if f.is_dir() else 0o644) for f in made)


def test_our_font_of_icons_is_made_from_the_one_that_streamlit_has():
    """Another Streamlit has another name for it: remake it by python -m scripts.make_symbols."""
    (whole,) = (files.SOURCE / "static/media").glob(files.SYMBOLS)
    (ours,) = files.FONTS.glob(files.SYMBOLS)
    assert ours.name == whole.name and ours.stat().st_size < 0.3 * whole.stat().st_size


def test_a_replica_is_reached_from_this_machine_only_and_hears_no_setting_but_one():
    assert "--server.address=127.0.0.1" in serve.command(8501)
    inside = serve.environment({"SITE_PORT": "80", "PATH": "/bin", "OPENBLAS_NUM_THREADS": "2"})
    assert inside == {"MALLOC_ARENA_MAX": "2", "PATH": "/bin", "OPENBLAS_NUM_THREADS": "2"}
    assert serve.environment({"SITE_PRECOMPUTE": " no "})["SITE_PRECOMPUTE"] == "no"


def test_the_image_is_pinned_not_root_and_says_whether_it_is_well():
    lines = (ROOT / "deploy/Dockerfile").read_text().splitlines()
    assert re.fullmatch(
        r"FROM python:\d+\.\d+\.\d+-slim-\w+", next(x for x in lines if "FROM" in x)
    )
    user = next(i for i, line in enumerate(lines) if line.startswith("USER"))
    assert lines[user] != "USER root" and not any(x.startswith("RUN") for x in lines[user:])
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    copied = {line.split()[1] for line in lines if line.startswith("COPY")}
    allowed = {x[1:] for x in (ROOT / ".dockerignore").read_text().split() if x.startswith("!")}
    assert copied == allowed and all((ROOT / name).exists() for name in copied)
