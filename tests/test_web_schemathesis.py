"""What schemathesis makes up from the OpenAPI document, together with names that the index has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from web_clients import ALL_PLANS, app_of, build

schemathesis = pytest.importorskip("schemathesis")

from schemathesis import Case, GenerationMode  # noqa: E402  once it is known to be there
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.openapi.loaders import from_asgi  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 25
"""Requests for each address and each way to make them up."""

AGENCIES = [plan.metadata.agency for plan in ALL_PLANS if plan.metadata.agency]
KNOWN: dict[str, list[Any]] = {
    "agency": ["東湖區公所", "西嶺", "east.txt", AGENCIES[0]],
    "peers": ["all", "type", "city", "nearest:2", "示範市南埔區公所"],
    "q": ["無障礙坡道", '"滿意度"', "單一窗口 服務鈴", "<script>"],
    "what": ["1.3", "1", "", "設置服務鈴"],
    "like": ["east.txt#1", "evil.txt#1"],
    "unlike": ["west.txt#1"],
    "type": ["區公所", "衛生所"],
    "city": ["示範市"],
    "unit": ["民政課", "秘書室"],
    "requirement": ["1.3", "3"],
    "year": [112, 113],
    "years": [112, 113],
    "code": ["1.3", "1", "A.1.2"],
    "framework": ["six_pillars"],
    "name": [plan.name for plan in ALL_PLANS],
    "item_id": ["east.txt%231", "部分/north.txt%231"],
}
"""Values that the index has; made up ones hardly ever are."""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    app = app_of(build(tmp_path_factory.mktemp("schemathesis") / "index"))
    yield from_asgi("/api/openapi.json", app)
    app.state.website.bench.close()
    app.state.website.holder.close()


def known_value(draw: st.DrawFn, name: str, now: object) -> object:
    values = st.sampled_from(KNOWN[name])
    if name == "years":
        return [112, 113]
    if isinstance(now, list) or name in {"peers", "like", "unlike", "type", "city", "unit", "requirement"}:
        return draw(st.lists(values, min_size=1, max_size=2))
    return draw(values)


@st.composite
def sensible(draw: st.DrawFn, operation: Any) -> Case[Any]:  # noqa: ANN401  schemathesis' own
    """A request that fits the document, most of whose names the index has."""
    case: Case[Any] = draw(operation.as_strategy(GenerationMode.POSITIVE))
    for where in (case.query, case.path_parameters):
        for name in list(where or {}):
            if name in KNOWN and draw(st.integers(0, 4)):
                where[name] = known_value(draw, name, where[name])
    return case


def ask(case: Case[Any], seen: Counter[tuple[str, int]]) -> None:
    response = case.call(timeout=20)
    seen[case.operation.label, response.status_code] += 1
    case.validate_response(response, checks=CHECKS)


def ask_many(operation: Any, cases: st.SearchStrategy[Case[Any]], seen: Counter[tuple[str, int]]) -> None:  # noqa: ANN401
    @seed(20260)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(case=cases)
    def run(case: Case[Any]) -> None:
        ask(case, seen)

    run()
    assert sum(count for (label, _), count in seen.items() if label == operation.label) > 0


def operations_of(schema: Any) -> list[Any]:  # noqa: ANN401
    return [found.ok() for found in schema.get_all_operations()]


def test_requests_that_fit_the_document_are_answered_as_it_says(schema: Any) -> None:  # noqa: ANN401
    seen: Counter[tuple[str, int]] = Counter()
    operations = operations_of(schema)
    for operation in operations:
        ask_many(operation, sensible(operation), seen)
    assert len(operations) == 14
    answered = {label for label, status in seen if status == 200}
    assert answered == {operation.label for operation in operations}
    assert {status for _, status in seen} <= {200, 400, 404, 422}


def test_requests_that_do_not_fit_it_are_refused_as_it_says(schema: Any) -> None:  # noqa: ANN401
    seen: Counter[tuple[str, int]] = Counter()
    operations = [one for one in operations_of(schema) if one.query.items or one.path_parameters.items]
    for operation in operations:
        ask_many(operation, operation.as_strategy(GenerationMode.NEGATIVE), seen)
    assert len(operations) == 12
    assert {label for label, _ in seen} == {operation.label for operation in operations}
    refused = Counter(label for label, status in seen if status in {400, 404, 422})
    assert set(refused) == {operation.label for operation in operations}
    assert {status for _, status in seen} <= {200, 307, 400, 404, 405, 422}


def test_the_examples_of_the_document_are_answered_as_it_says(schema: Any) -> None:  # noqa: ANN401
    seen: Counter[tuple[str, int]] = Counter()
    for operation in operations_of(schema):
        for strategy in schema.get_strategies_from_examples(operation):
            ask_many(operation, strategy, seen)
    assert len({label for label, _ in seen}) >= 8


def test_the_checks_see_an_answer_that_is_not_as_the_document_says(tmp_path: Path) -> None:
    app = app_of(build(tmp_path / "index"))
    document = app.openapi()
    document["components"]["schemas"]["StatusRecord"]["properties"]["plans"] = {"type": "string"}
    schema = from_asgi("/api/openapi.json", app)
    [operation] = [one for one in operations_of(schema) if one.label == "GET /api/status"]
    with pytest.raises(schemathesis.core.failures.FailureGroup, match="violates schema"):
        ask(operation.Case(), Counter())
