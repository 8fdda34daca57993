"""Where a person can go from any page: five ways, and the pages behind the one they are on."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from clinic.models import User

pytestmark = pytest.mark.django_db


def row(page: str, name: str) -> list[tuple[str, str]]:
    """The links of the row with this name: `(what aria-current says or nothing, label)`."""
    found = re.search(rf'<nav[^>]*aria-label="{name}">(.*?)</nav>', page, re.DOTALL)
    assert found, f"no row {name}"
    return re.findall(r'<a href="[^"]*"(?: aria-current="(\w+)")?>([^<]+)</a>', found[1])


def shown(client: Client, path: str) -> str:
    answer = client.get(path, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


class TestTheNavigation:
    def test_has_five_ways_and_says_which_one_this_page_is_on(self, client: Client, lead: User) -> None:
        client.force_login(lead)
        assert row(shown(client, "/batches/"), "Main") == [
            ("", "Today"),
            ("", "Consents"),
            ("", "Patients"),
            ("true", "Products"),
            ("", "Clinic"),
        ]

    def test_shows_the_pages_behind_the_way_and_marks_this_one(self, client: Client, lead: User) -> None:
        client.force_login(lead)
        expected = [("", "All products"), ("page", "Batches"), ("", "Scan"), ("", "Rules")]
        assert row(shown(client, "/batches/"), "Products") == expected

    def test_keeps_lots_and_the_organizations_of_the_chain_under_batches(self, client: Client, lead: User) -> None:
        client.force_login(lead)
        for path in ("/lots/", "/parties/"):
            assert ("true", "Batches") in row(shown(client, path), "Products")

    def test_has_no_second_row_where_a_way_has_one_page(self, client: Client, lead: User) -> None:
        client.force_login(lead)
        assert 'class="ways"' not in shown(client, "/patients/")

    def test_leaves_out_the_log_for_those_who_may_not_read_it(
        self, client: Client, lead: User, practitioner: User
    ) -> None:
        client.force_login(lead)
        assert ("", "Log") in row(shown(client, "/clinic/"), "Clinic")
        client.force_login(practitioner)
        assert "/log/" not in shown(client, "/clinic/").partition("<main")[0]
