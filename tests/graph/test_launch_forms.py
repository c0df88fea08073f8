"""Forms of the launchpad: what each says, and what is refused before there is a run (U-04)."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

pytestmark = pytest.mark.graph

WITH_FORM = {
    "acknowledge_job",
    "agreement_job",
    "client_mapping_job",
    "override_job",
    "data_quality_job",
    "dmob_sync_job",
    "entity_report_job",
    "api_key_issue",
    "api_key_revoke",
    "introducer_job",
    "organisation_job",
    "override_input_job",
    "statement_export_job",
    "statement_job",
    "recompute_job",
    "user_job",
}
EXAMPLE = re.compile(r"`(\{.*?\})`")
ADD = {
    "entity_id": "f0300",
    "expires_at": "2027-06-01T00:00:00Z",
}


def _fields(fields: dict[str, dg.Field]) -> Iterator[tuple[str, dg.Field]]:
    for name, field in fields.items():
        yield name, field
        for inner, below in _fields(getattr(field.config_type, "fields", {})):
            yield f"{name}.{inner}", below


def _forms(defs: dg.Definitions) -> dict[str, dict[str, dg.Field]]:
    """Return the fields that are asked for, with their paths, by job."""
    forms: dict[str, dict[str, dg.Field]] = {}
    for job in defs.jobs or []:
        for node in defs.resolve_job_def(job.name).nodes:
            config = node.definition.config_schema.config_type
            for path, field in _fields(getattr(config, "fields", {})):
                forms.setdefault(job.name, {})[f"{node.name}.{path}"] = field
    return forms


def _examples(defs: dg.Definitions, job: str) -> list[dict[str, Any]]:
    return [json.loads(t) for t in EXAMPLE.findall(defs.resolve_job_def(job).description or "")]


def _places(value: object, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    yield place, value
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _places(below, (*place, name))


def _with(config: dict[str, Any], place: tuple[str, ...], value: object) -> dict[str, Any]:
    changed = copy.deepcopy(config)
    target = changed
    for name in place[:-1]:
        target = target[name]
    target[place[-1]] = value
    return changed


def _takes_text_and_numbers(job: dg.JobDefinition, place: tuple[str, ...]) -> bool:
    """Return whether text and whole numbers may be the same there, such as an amount."""
    if job.config_mapping is None or not place:
        return False
    kind: Any = job.config_mapping.config_schema.config_type.fields[place[0]].config_type
    while hasattr(kind, "inner_type"):
        kind = kind.inner_type
    return bool(kind.kind.name == "ANY")


def test_every_form_describes_each_of_its_fields(defs: dg.Definitions) -> None:
    forms = _forms(defs)
    assert set(forms) == WITH_FORM
    bare = [
        f"{job}: {path}"
        for job, fields in forms.items()
        for path, field in fields.items()
        if not field.description
    ]
    assert bare == []


@pytest.mark.parametrize("job", sorted(WITH_FORM))
def test_the_example_in_the_description_of_a_job_can_be_launched(
    defs: dg.Definitions, job: str
) -> None:
    examples = _examples(defs, job)
    assert examples
    for example in examples:
        assert dg.validate_run_config(defs.resolve_job_def(job), example)


@pytest.mark.parametrize("job", sorted(WITH_FORM))
def test_another_type_or_an_unknown_field_is_refused_before_there_is_a_run(
    defs: dg.Definitions, job: str
) -> None:
    """Every place of every example, one after the other."""
    resolved = defs.resolve_job_def(job)
    taken, tried = [], 0
    for example in _examples(defs, job):
        for place, value in _places(example):
            if isinstance(value, dict):
                wrong = _with(example, (*place, "no_such_field"), 1)
            elif _takes_text_and_numbers(resolved, place):
                wrong = _with(example, place, 7.5)
            else:
                wrong = _with(example, place, 7 if isinstance(value, str) else "many")
            tried += 1
            try:
                dg.validate_run_config(resolved, wrong)
            except dg.DagsterInvalidConfigError:
                continue
            taken.append(wrong)
    assert tried >= 3
    assert taken == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": {"score": 90}},
        {"input": {"CID_SHARING": True}},
        {"input": {"data_type": "opendata"}},
        {"input": {"data_type": None}},
        {"input": {"required_copies": 2.5}},
        {"input": {"required_copies": True}},
        {"input": {"required_copies": "3"}},
        {"input": {"retrievability": "much"}},
        {"input": {"declared_providers": "f01000"}},
        {"input": {"declared_providers": [1000]}},
        {"input": {"audit": None}},
        {"input": {"total_requested_amount": "10 TiB"}},
        {"input": {}},
        {"input": {"required_copies": 3, "required_sps": 3}},
        {"input": {"required_copies": 3}, "expires_at": None},
        {"input": {"required_copies": 3}, "expires_at": {"env": "HOME"}},
        {"input": {"required_copies": 3}, "approver": "bob"},
    ],
    ids=str,
)
def test_a_wrong_override_is_refused_before_there_is_a_run(
    defs: dg.Definitions, wrong: dict[str, Any]
) -> None:
    job = defs.resolve_job_def("override_input_job")
    why = {"reason": "the file says 2"}
    good = {"change": {"add": {**ADD, "input": {"audit": []}}}, **why}
    assert dg.validate_run_config(job, good)
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(job, {"change": {"add": {**ADD, **wrong}}, **why})


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"kind": "provider", "entity": "f0300", "reason": "asked"}, "client | allocator"),
        ({"kind": "client", "entity": "f0300"}, "reason"),
        ({"kind": "client", "entity": "f0300", "reason": "asked", "enity": "f0300"}, "enity"),
    ],
    ids=["a word that is none of the choices", "no reason", "an unknown field"],
)
def test_a_refusal_names_the_field_or_the_choices(
    defs: dg.Definitions, wrong: dict[str, str], named: str
) -> None:
    job = defs.resolve_job_def("entity_report_job")
    with pytest.raises(dg.DagsterInvalidConfigError, match=re.escape(named)):
        dg.validate_run_config(job, {"ops": {"build_entity_report": {"config": wrong}}})


@pytest.mark.parametrize(
    ("job", "config", "sentence"),
    [
        (
            "entity_report_job",
            {
                "ops": {
                    "build_entity_report": {
                        "config": {"kind": "client", "entity": "0300", "reason": "asked"}
                    }
                }
            },
            "entity: '0300' is not allowed: String should match",
        ),
        (
            "data_quality_job",
            {"ops": {"table_checks": {"config": {"day": "11.3.2024", "factor": 1}}}},
            "day: '11.3.2024' is not allowed: time data",
        ),
    ],
)
def test_a_value_that_the_launchpad_cannot_judge_fails_the_run_with_one_sentence(
    defs: dg.Definitions, job: str, config: dict[str, Any], sentence: str
) -> None:
    """A real run; it fails before it asks the database for anything."""
    steps = ["table_checks"] if job == "data_quality_job" else None
    result = defs.resolve_job_def(job).execute_in_process(
        run_config=config, raise_on_error=False, op_selection=steps
    )
    (failed,) = result.filter_events(lambda event: event.is_step_failure)
    failure = failed.step_failure_data
    assert failure.user_failure_data is not None
    said = failure.user_failure_data.description or ""
    assert said.startswith(sentence)
    assert "Hint: correct the config in the launchpad" in said
    assert set(failure.user_failure_data.metadata) == {"cause", "key", "hint"}
    assert failure.error is not None
    assert "pydantic" not in failure.error.to_string()
    assert result.filter_events(lambda event: event.is_step_up_for_retry) == []


RULE = {"rule_id": "r1", "method": "FIXED_SHARE", "component": "MEV_TIPS", "rate_bps": 500}
GAP = [
    {"from_native": 0, "to_native": 100, "rate_bps": 500},
    {"from_native": 200, "to_native": None, "rate_bps": 700},
]
UNFIT: list[tuple[str, dict[str, Any], str]] = [
    ("agreement_job", {"reason": "no"}, "reason: 'no' is not allowed: String should have at least"),
    ("agreement_job", {"agreement_id": "A|B"}, "agreement_id: 'A|B' is not allowed"),
    ("agreement_job", {"introducer_id": None}, "introducer_id: is missing"),
    ("agreement_job", {"introducer_id": "p"}, "introducer_id: p is no UUID"),
    ("agreement_job", {"chain_id": None}, "chain_id: is missing"),
    ("agreement_job", {"chain_id": "mars"}, "mars: unknown chain"),
    ("agreement_job", {"period_type": "BLOCK_WINDOW"}, "period_type: solana-mainnet has"),
    ("agreement_job", {"effective_from_period": None}, "effective_from_period: is missing"),
    ("agreement_job", {"effective_to_period": 850}, "effective_to_period: 850 is not after"),
    ("agreement_job", {"rules": []}, "rules: give at least one"),
    ("agreement_job", {"rules": [{**RULE, "rate_bps": 2.5}]}, "rules.0.rate_bps: RATE_NOT_BPS"),
    (
        "agreement_job",
        {"rules": [{**RULE, "rate_bps": None, "tiers": GAP}]},
        "rules.0: tiers.1.from_native: must be 100",
    ),
    (
        "agreement_job",
        {"action": "new_version", "rules": [{**RULE, "floor_native": 2, "cap_native": "1"}]},
        "rules.0: floor_native: the floor of 2 is above the cap of 1",
    ),
    (
        "agreement_job",
        {
            "floors": [{"scope": "MONTH", "amount_native": "9"}],
            "caps": [{"scope": "MONTH", "amount_native": "8"}],
        },
        "floors: the floor of 9 is above the cap of 8",
    ),
    (
        "agreement_job",
        {"rules": [{**RULE, "rate_bps": 6000}, {**RULE, "rule_id": "r2", "rate_bps": 6000}]},
        "rules: OVER_ATTRIBUTION: from period 850 on, 12000 of 10000 basis points",
    ),
    ("client_mapping_job", {"chain_id": "mars"}, "mars: unknown chain"),
    ("client_mapping_job", {"introducer_id": "p"}, "introducer_id: p is no UUID"),
    ("client_mapping_job", {"introducer_id": None}, "introducer_id: is missing"),
    ("client_mapping_job", {"from_period": "850-859"}, "from_period: 850-859 is a slot range"),
    ("client_mapping_job", {"to_period": 850}, "to_period: 850 is not after from_period 850"),
    ("client_mapping_job", {"action": "end"}, "to_period: is missing"),
    ("override_job", {"amount_native": None}, "amount_native: is missing"),
    ("override_job", {"amount_native": "-1"}, "amount_native: "),
    ("override_job", {"action": "revoke"}, "override_id: is missing"),
    ("override_job", {"action": "revoke", "override_id": "-" * 36}, "override_id: '---"),
    ("statement_job", {"month": "2025-13"}, "month: '2025-13' is not allowed"),
    ("statement_job", {"chain_id": "mars"}, "mars: unknown chain"),
    ("statement_job", {"action": "pay"}, "transaction_id: a payment needs its transaction"),
    ("statement_job", {"transaction_id": "t"}, "transaction_id: `draft` has no transaction"),
    ("statement_job", {"force": True}, "force: `draft` cannot be forced"),
    ("statement_export_job", {"statement_id": "7"}, "statement_id: '7' is not allowed"),
    ("recompute_job", {"chain_id": "mars"}, "mars: unknown chain"),
    ("recompute_job", {"to_period": 99}, "from_period: 850 comes after 99"),
    ("recompute_job", {"from_period": "x"}, "from_period: 'x' is no period of the types"),
    ("acknowledge_job", {"note": "short"}, "note: 'short' is not allowed"),
    ("user_job", {"email": "cleo"}, "email: 'cleo' is not allowed"),
    ("user_job", {"role": None}, "role: a new user needs a role"),
    ("user_job", {"role": "partner"}, "introducer_id: a partner's user needs introducer_id"),
    ("user_job", {"role": "partner", "introducer_id": "p"}, "introducer_id: p is no UUID"),
    ("user_job", {"valid_from": "2026-06-01T00:00:00"}, "valid_from: "),
    (
        "user_job",
        {
            "action": "change",
            "valid_from": "2026-06-02T00:00:00Z",
            "valid_until": "2026-06-01T00:00:00Z",
        },
        "valid_until: must be after valid_from",
    ),
    (
        "user_job",
        {
            "role": "auditor",
            "valid_from": "2026-01-01T00:00:00Z",
            "valid_until": "2026-06-01T00:00:00Z",
        },
        "valid_until: an auditor's time is at most 90 days",
    ),
    ("introducer_job", {"name": None}, "name: is missing"),
    ("introducer_job", {"action": "close"}, "introducer_id: is missing"),
    ("introducer_job", {"introducer_id": "p"}, "introducer_id: p is no UUID"),
    (
        "introducer_job",
        {"action": "change", "introducer_id": "1" * 32, "name": None},
        "name: a partner needs a name",
    ),
    ("organisation_job", {"read_per_minute": 0}, "read_per_minute: 0 is not allowed"),
    ("api_key_issue", {"secret_sha256": "abc"}, "secret_sha256: 'abc' is not allowed"),
    ("api_key_revoke", {"key_id": "abc"}, "key_id: 'abc' is not allowed"),
    (
        "override_input_job",
        {"change": {"withdraw": {"override_id": 0}}},
        "override_id: 0 is not allowed",
    ),
]


def test_what_a_job_refuses_without_the_database_is_refused_before_there_is_a_run(
    defs: dg.Definitions,
) -> None:
    """Every job of changes; the field comes with what is wrong and what to do."""
    for name, wrong, sentence in UNFIT:
        job = defs.resolve_job_def(name)
        example = _examples(defs, name)[0]
        assert dg.validate_run_config(job, example)
        with pytest.raises(dg.DagsterInvalidConfigError) as refused:
            dg.validate_run_config(job, {**example, **wrong})
        assert sentence in str(refused.value), (name, wrong)
        assert " Hint: " in str(refused.value), (name, wrong)
    assert {name for name, _, _ in UNFIT} == {
        name for name in WITH_FORM if defs.resolve_job_def(name).config_mapping is not None
    }
