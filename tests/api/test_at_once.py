"""The same act twenty times at once, with real commits: one thing is made, and everybody reads of that one."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from clinic.models import KeptAnswer
from products.models import Product
from tests import cast
from tests.api.bodies import PRODUCT
from tests.api.program import Program, token_of


@pytest.mark.database
@pytest.mark.skipif(connection.vendor == "sqlite", reason="threads of a test share one connection to SQLite in memory")
class TestTwentyAtOnce:
    def test_make_one(self, committed: None) -> None:
        token, answers = token_of(cast.make_practitioner(cast.make_clinic())), list[Any]()

        def act() -> None:
            try:
                answers.append(Program(token).post("products/", PRODUCT, key="k-1"))
            finally:
                connection.close()

        threads = [threading.Thread(target=act) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status_code for answer in answers} == {201}
        assert len(answers) == 20
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert sum("Idempotent-Replayed" in answer for answer in answers) == 19
        assert Product.objects.count() == KeptAnswer.objects.count() == 1
