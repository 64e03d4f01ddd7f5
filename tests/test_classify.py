"""What is learned from examples, and from what people correct."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from daicho.inquiry.classify import Classifier, Correction, Example, as_examples, called_for, fingerprint
from daicho.inquiry.cues import Cues
from daicho.training import cue_words, starter_records

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WORDS = {
    "late": ["届かない", "まだ来ない", "overdue"],
    "broken": ["割れて", "欠けて", "broken"],
    "deny": ["ではなく"],
}
CUES = Cues(WORDS)


def example(text: str, category: str, template: str, *causes: str) -> Example:
    return Example("", text, category, frozenset(causes), frozenset(), (template,))


EXAMPLES = [
    *(
        example(f"{item}がまだ届かないのですが、いつ着きますか。", "not_arrived", "not-arrived")
        for item in ("本", "椅子", "お茶", "靴", "鍋")
    ),
    *(
        example(f"{item}が割れていました。新しいものをください。", "defect", "defect")
        for item in ("皿", "鏡", "花瓶", "瓶", "湯のみ")
    ),
    *(
        example(f"割れた{item}で指を切り、血が出ました。", "defect", "safety", "harm")
        for item in ("皿", "鏡", "花瓶", "瓶", "湯のみ")
    ),
]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.trained(EXAMPLES, CUES)


def best(classifier: Classifier, text: str) -> str:
    return classifier.guess([("", text)])[0].categories[0][0]


def test_a_mail_is_guessed_by_the_examples_it_resembles(classifier: Classifier) -> None:
    assert best(classifier, "帽子が届かないです。いつ着きますか") == "not_arrived"
    assert best(classifier, "グラスが割れていました") == "defect"


def test_a_cue_carries_over_to_words_that_no_example_has(classifier: Classifier) -> None:
    overdue, fine = classifier.guess([("", "My order is overdue"), ("", "My order is quite fine")])
    assert dict(overdue.categories)["not_arrived"] > dict(fine.categories)["not_arrived"]


def test_chances_of_categories_and_templates_add_up_to_one_and_come_likeliest_first(
    classifier: Classifier,
) -> None:
    guess = classifier.guess([("件名", "割れて届いた")])[0]
    for ranked in (guess.categories, guess.templates):
        chances = [chance for _, chance in ranked]
        assert sum(chances) == pytest.approx(1, abs=1e-4)
        assert chances == sorted(chances, reverse=True)
    assert all(0 <= chance <= 1 for chance in (*guess.causes.values(), *guess.emotion.values()))


def test_a_cause_is_learned_beside_the_category(classifier: Classifier) -> None:
    hurt, unhurt = classifier.guess([("", "割れた皿で指を切り血が出ました"), ("", "皿が割れていました")])
    assert hurt.causes["harm"] > 0.5 > unhurt.causes["harm"]
    assert hurt.templates[0][0] == "safety"


def test_a_certain_category_weighs_the_templates_by_what_it_is_answered_with(classifier: Classifier) -> None:
    guess = classifier.guess([("", "鍋が割れていました。新しいものをください。")])[0]
    assert classifier.habitual("not_arrived", guess)[0][0] == "not-arrived"
    assert classifier.habitual("a shop's own category", guess) == guess.templates


@pytest.mark.parametrize("text", ["", "\0", "🐈" * 10, "x" * 100_000, "\ud800"])
def test_any_text_has_a_guess(classifier: Classifier, text: str) -> None:
    assert classifier.guess([(text, text)])[0].categories


def test_no_mails_have_no_guesses(classifier: Classifier) -> None:
    assert classifier.guess([]) == []


def test_a_model_survives_as_arrays_without_pickle(classifier: Classifier) -> None:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **classifier.arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        restored = Classifier.restored(arrays, CUES)
    mails = [("注文", "皿が割れていました"), ("", "まだ来ない")]
    assert restored.guess(mails) == classifier.guess(mails)


def test_arrays_of_something_else_are_refused() -> None:
    with pytest.raises(KeyError):
        Classifier.restored({"grams": np.zeros(3, dtype=np.uint8)}, CUES)


# --- corrections ---


def taught(decisions: list[Example]) -> Classifier:
    return Classifier.trained(EXAMPLES, CUES).taught(EXAMPLES, decisions)


def correction(text: str, days_ago: int = 0, **decided: object) -> Correction:
    return Correction("", text, NOW - timedelta(days_ago), **decided)  # type: ignore[arg-type]


def test_what_the_shop_corrected_is_learned() -> None:
    text = "割れ煎はありますか。"
    assert best(Classifier.trained(EXAMPLES, CUES), text) == "defect"
    corrected = as_examples([correction("割れ煎はまだありますか。", category="stock")])
    assert best(taught(corrected), text) == "stock"


def test_a_category_and_a_template_of_the_shops_own_are_learned() -> None:
    corrected = as_examples(
        [
            correction(f"{item}を卸していただけますか。", category="卸売", templates=("oroshi",))
            for item in "茶皿"
        ]
    )
    guess = taught(corrected).guess([("", "鍋を卸していただけますか。")])[0]
    assert (guess.categories[0][0], guess.templates[0][0]) == ("卸売", "oroshi")


def test_what_a_shop_answers_with_is_learned_from_some_answers() -> None:
    late = [correction(f"{item}がまだ届かないのですが。", templates=("defect",)) for item in "机棚箱鞄傘帯"]
    usual, own = (taught(as_examples(decisions)) for decisions in ((), late))
    asked = [("", "帽子がまだ届かないのですが、いつ着きますか。"), ("", "割れた椀で指を切り、血が出ました。")]
    assert [guess.templates[0][0] for guess in usual.guess(asked)] == ["not-arrived", "safety"]
    assert [guess.templates[0][0] for guess in own.guess(asked)] == ["defect", "safety"]


@pytest.mark.parametrize(
    ("answers", "called"),
    [
        # The shop answers a, where the guide says b, often: its way.
        ("ba ba", "b b"),
        # … and seldom: corrections of the guess.
        ("ba", "a"),
        ("ba ba bb", "a a b"),
        ("ba ba ba bb", "b b b b"),
        # Two ways of answering the same.
        ("ba bc ba bc", "b b b b"),
        ("bb ba aa", "b a a"),
        # A template that the guide does not know.
        ("bx bx bx", "x x x"),
    ],
)
def test_frequent_answers_are_a_way_and_rare_ones_correct_the_guess(answers: str, called: str) -> None:
    guessed, answered = zip(*answers.split(), strict=True)
    assert called_for(guessed, answered, "abc") == called.split()


def test_what_was_not_answered_calls_for_nothing() -> None:
    assert called_for(["a", "a"], ["", "a"], {"a"}) == ["", "a"]


def test_an_answer_that_corrects_the_guess_teaches_the_words_of_the_mail() -> None:
    asked = "帽子がまだ届かないのですが、割れて戻ったのでしょうか。"
    corrected = as_examples(
        [correction("靴がまだ届かないのですが、割れて戻ったのですか。", templates=("defect",))]
    )
    [before], [after] = (model.guess([("", asked)]) for model in (taught([]), taught(corrected)))
    assert dict(after.templates)["defect"] > dict(before.templates)["defect"]


def test_a_priority_that_people_raised_raises_mails_like_it() -> None:
    corrected = as_examples([correction("市長の記念品の件です。", priority="urgent")])
    mayor, other = taught(corrected).guess(
        [("", "市長の記念品の件でお尋ねします。"), ("", "本がまだ届かないのですが。")]
    )
    assert mayor.causes["shop_urgent"] > 0.5 > other.causes["shop_urgent"]


def test_a_raised_priority_does_not_speak_against_the_causes_it_may_have_had(classifier: Classifier) -> None:
    text = "割れた鉢で指を切り、血が出ました。"
    raised = as_examples(
        [correction(f"割れた{item}で指を切り、血が出ました。", priority="urgent") for item in "壺鉢椀"]
    )
    before, after = (model.guess([("", text)])[0].causes["harm"] for model in (classifier, taught(raised)))
    assert after > 0.9 * before


def test_newer_corrections_weigh_more_and_all_more_than_a_starter_example() -> None:
    old, new = as_examples([correction("a", 360, category="stock"), correction("b", category="stock")])
    assert new.weight > old.weight > 0
    assert new.weight > EXAMPLES[0].weight


def test_a_cached_model_is_known_by_every_example_and_cue() -> None:
    names = {
        fingerprint(EXAMPLES, WORDS),
        fingerprint(EXAMPLES[1:], WORDS),
        fingerprint(EXAMPLES, {**WORDS, "deny": ["じゃなく"]}),
        fingerprint([*EXAMPLES, *as_examples([correction("a", category="stock")])], WORDS),
    }
    assert len(names) == 4
    assert fingerprint(EXAMPLES, WORDS) == fingerprint(list(EXAMPLES), dict(WORDS))


# --- cues ---


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("まだ届かない。", {"late"}),
        ("割れてはいませんが、まだ来ない", {"broken", "late", "broken&late"}),
        ("割れて。届かない", {"broken", "late"}),
        ("overdue", {"late"}),
        ("unbroken", set()),
        ("10月3日と10月8日に書きました", {"dates"}),
        ("昨日届かないと書きました", {"late", "date", "date&late"}),
        ("", set()),
    ],
)
def test_cues_are_found_and_paired_within_a_sentence(text: str, found: set[str]) -> None:
    cues = CUES.found(text)
    assert set(cues) == found
    assert len(cues) == len(found)


def test_the_cues_that_come_with_daicho_are_words_in_lists_without_doubles() -> None:
    for cue, words in cue_words().items():
        assert words, cue
        assert len(words) == len(set(words)), cue
        assert all(word.strip() for word in words), cue


# --- the starter examples ---


def test_every_starter_example_is_labelled_by_the_guides_keys() -> None:
    records = starter_records()
    assert len({record["id"] for record in records}) == len(records)
    for record in records:
        assert record["kind"] in ("inquiry", "auto", "sales"), record["id"]
        assert record["priority"] in ("urgent", "high", "normal", "none"), record["id"]
        assert set(record["causes"]) <= {"harm", "outside", "third", "second", "money", "deadline"}, record[
            "id"
        ]
        assert (record["kind"] == "sales") == (record["category"] == "sales"), record["id"]
        assert bool(record["text"] or record["subject"]), record["id"]
