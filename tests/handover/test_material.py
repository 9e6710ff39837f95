"""Sales material: one-pagers and talking points, and for whom each is meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadflow import always, field
from leadflow.errors import LeadflowError
from leadflow.handover import Material


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def test_it_is_meant_for_all_unless_a_condition_is_given() -> None:
    assert Material("Price list", "prices.pdf").when == always()
    clinics = field("industry").equals("health care")
    assert Material("Clinics", "clinics.pdf", when=clinics).when == clinics


def test_its_title_is_a_name() -> None:
    assert Material(" Price list ", "prices.pdf").title == "Price list"


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com",
        "http://example.com/a.pdf",
        "HTTPS://example.com/?next=a:b#top",
        "https://[2001:db8::1]:8080/a",
        "https://example.com/@team",
        "https://例え.jp/資料.pdf",
        "/sheets/a.pdf",
        "../a.pdf?page=1:2",
        "./a:b.pdf",
        "資料.pdf",
        "https://example.com/" + "a" * 1_980,
    ],
)
def test_a_link_is_an_address_on_the_web_or_a_relative_path(link: str) -> None:
    assert Material("a", link).link == link


@pytest.mark.parametrize(
    "link",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
        "mailto:ada@example.com",
        "a:b.pdf",
        "//example.com/a.pdf",
        "\\\\example.com\\a.pdf",
        "/\\example.com",
        "https:/example.com",
        "https://",
        "https://?a",
        "http:example.com",
        "https://example.com@example.net/",
        "two words.pdf",
        "a\u202efdp.exe",
        "a\u200b.pdf",
        "a\n.pdf",
    ],
)
def test_any_other_link_is_refused(link: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        Material("a", link)
    message = str(caught.value)
    assert message.startswith(
        "Material.link: expected an http or https address, or a relative path"
    )
    assert message.isprintable()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Material("", "a.pdf"), "Material.title blank"),
        (lambda: Material("a\u202eb", "a.pdf"), "Material.title invisible"),
        (lambda: Material("a" * 201, "a.pdf"), "Material.title 200 201"),
        (lambda: Material(odd(None), "a.pdf"), "Material.title text None"),
        (lambda: Material("a", odd(b"a.pdf")), "Material.link text"),
        (lambda: Material("a", "a" * 2_001), "Material.link characters 2,000 2,001"),
        (lambda: Material("a", "a.pdf", odd("vip")), "Material.when condition 'vip'"),
        (lambda: Material("a", "a.pdf", odd(None)), "Material.when condition None"),
        (lambda: Material("a", "a.pdf", odd(field("industry"))), "Material.when condition"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(made: Callable[[], object], words: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        made()
    for word in words.split():
        assert word in str(caught.value)
