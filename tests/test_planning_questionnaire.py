"""Questions as data, answers as TOML: what is read back, and what is wrong with a file."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.errors import QuestionnaireError
from ew4all.planning.questionnaire import (
    ANSWERS,
    Answers,
    blank,
    questions,
    read_answers,
    regulatory_items,
    requirements,
)


def test_shipped_questions_are_whole() -> None:
    asked, rules, wanted = questions(), regulatory_items(), requirements()
    ids = [row.id for row in (*asked, *rules)]
    assert len(set(ids)) == len(ids)
    assert len({row.id for row in wanted}) == len(wanted)
    assert all(row.level in {"must", "should"} for row in wanted)
    for question in asked:
        assert question.text.endswith("?")
        assert question.why
        assert question.who
    assert all(item.basis for item in rules)
    # Something of each part of a service is asked, and not everything is critical.
    assert {"Organisation", "Networks", "Phones", "Money"} <= {q.area for q in asked}
    assert 5 < sum(q.critical for q in asked) < len(asked)


def test_a_blank_questionnaire_is_read_back_as_unknown() -> None:
    text = blank(Answers(), "Lesotho", ["651-1", 'the "other"\\one'])
    found = read_answers(text.encode(), "readiness.toml")
    assert found.country == "Lesotho"
    assert set(found.operators) == {"651-1", 'the "other"\\one'}
    assert {a for table in found.operators.values() for a in table.values()} == {"unknown"}
    assert set(found.answers.values()) == {"unknown"}
    assert set(found.regulatory) == {item.id for item in regulatory_items()}
    assert all(q.who in text for q in questions())


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
of_country = st.sampled_from([q.id for q in questions() if not q.per_operator])
of_network = st.sampled_from([q.id for q in questions() if q.per_operator])


@given(
    st.builds(
        Answers,
        country=names,
        answers=st.dictionaries(of_country, st.sampled_from(ANSWERS)),
        operators=st.dictionaries(names, st.dictionaries(of_network, st.sampled_from(ANSWERS)), max_size=3),
        facts=st.dictionaries(st.just("roamers"), st.integers(0, 10**6).map(float)),
        remarks=st.dictionaries(of_country, names),
    )
)  # fmt: skip
def test_whatever_is_answered_comes_back(answers: Answers) -> None:
    found = read_answers(blank(answers, "x", []).encode(), "f")
    assert found.country == answers.country
    assert found.facts == pytest.approx(answers.facts, rel=1e-5)
    assert found.remarks == answers.remarks
    for question in questions():
        for operator in answers.operators if question.per_operator else (None,):
            assert found.of(question, operator) == answers.of(question, operator)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("answers = ", "is no TOML file"),
        ('[answers]\nmandat = "yes"', r"\[answers\].*no key 'mandat'; did you mean mandate"),
        ('[answers]\nmandate = "maybe"', "mandate: 'maybe' is none of yes, partly, no, unknown"),
        ("[answers]\nmandate = true", "mandate: True is no text"),
        ('[answers]\ncbc = "yes"', "no key 'cbc'"),
        ('[operators.A]\nmandate = "yes"', r'operators."A".*no key \'mandate\''),
        ("operators = 3", "is no table"),
        ('[facts]\nroamers = "many"', "roamers: 'many' is no number of 0 or more"),
        ("[facts]\nroamers = -1", "-1 is no number of 0 or more"),
        ("[facts]\nroamers = nan", "nan is no number"),
        ('[regulatory]\nlaw = "yes"', "no key 'law'"),
        ('[remarks]\nmandate = ""', "is no text"),
        ('[answer]\nmandate = "yes"', "no key 'answer'; did you mean answers"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(QuestionnaireError, match=said):
        read_answers(text.encode(), "filled.toml")


def test_bytes_that_are_no_text_are_told() -> None:
    with pytest.raises(QuestionnaireError, match="is no TOML file"):
        read_answers(b"\xff\xfe", "filled.toml")


def test_requirements_name_numbers_that_exist() -> None:
    known = {"operators", "sites", "cells", "growth", "technologies", "zones", "people", "horizon", "border"}  # fmt: skip
    for row in requirements():
        for text in (row.text, row.proof):
            text.format_map(dict.fromkeys(known, "x"))


def test_the_blank_is_toml() -> None:
    assert tomllib.loads(blank(Answers(), "X\x00\U000e0001", []))["country"] == "X\x00\U000e0001"
