"""A stop, a round, a score and the glossary as HTML; a term is explained where it first stands."""

from __future__ import annotations

from markupsafe import Markup

from genomebook.render.templating import TEMPLATES, render
from genomebook.teaching.game import ROUNDS, GameRound, GameScore
from genomebook.teaching.glossary import glossary, with_terms
from genomebook.teaching.stops import TourStop
from genomebook.teaching.texts import game_texts, stop_texts


def stop_html(stop: TourStop, large: bool = False) -> Markup:
    """Draw a stop with its question, the answer folded up, under the numbers of all stops.

    Parameters
    ----------
    stop : TourStop
        The one to draw.
    large : bool
        Whether the type is that of a projector.
    """
    seen = set[str]()
    return render(
        "class_stop.j2",
        stop=stop,
        titles={row["number"]: row["title"] for row in stop_texts().values()},
        large=large,
        kept="&large=on" if large else "",
        texts=[with_terms(line, seen) for line in stop.text.splitlines()],
        question=with_terms(stop.question, seen),
        answer=with_terms(stop.answer, seen),
        facts=[with_terms(fact, seen) for fact in stop.facts],
    )


def round_html(this: GameRound, game: str, large: bool = False) -> Markup:
    """Draw a round: the passage in words, and what is asked."""
    texts, seen = game_texts()[game], set[str]()
    return render(
        "class_round.j2", round=this, rounds=ROUNDS, large=large, question=with_terms(texts.question, seen),
        about=with_terms(texts.about, seen),
    )  # fmt: skip


def verdict(score: GameScore) -> str:
    """What a score says, beside chance: whole sentences, percentages rounded."""
    interval = f"Your 95 % interval goes from {100 * score.low:.0f} to {100 * score.high:.0f} %."
    if score.is_beyond_chance:
        return f"{interval} It lies above the 50 % of chance: you see a difference."
    if score.high < 0.5:
        return f"{interval} It lies below the 50 % of chance: you see a difference, but name it wrongly."
    return f"{interval} The 50 % of chance lies inside it: a coin could have done this."


def score_html(score: GameScore, last: str = "", large: bool = False) -> Markup:
    """Draw a score with its interval as a bar, under what the last answer was."""
    seen = set[str]()
    return render(
        "class_score.j2", score=score, large=large, last=with_terms(last, seen),
        verdict=with_terms(verdict(score), seen), low=round(100 * score.low), high=round(100 * score.high),
    )  # fmt: skip


def glossary_html(asked: str = "", large: bool = False) -> Markup:
    """Draw the glossary; the term whose anchor is `asked` is framed and stands first."""
    terms = sorted(glossary(), key=lambda term: term.anchor != asked)
    is_known = bool(terms) and terms[0].anchor == asked
    return render(
        "class_glossary.j2", terms=terms, asked=asked, large=large, unknown=bool(asked) and not is_known
    )


def terms_script() -> str:
    """JavaScript that explains the terms of the glossary where each first stands on a page of the app."""
    terms = [
        {
            "name": term.name,
            "anchor": term.anchor,
            "meaning": term.meaning,
            "forms": [form for form in term.forms if form not in term.everyday],
        }
        for term in glossary()
    ]
    script = Markup((TEMPLATES / "terms.js").read_text(encoding="utf-8"))
    return str(render("terms_script.j2", terms=terms, script=script))
