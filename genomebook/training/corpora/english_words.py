"""Small word lists of English: what `genomebook.training.pairs.english` exchanges and rewords."""

from __future__ import annotations

from genomebook.training.corpora.english_text import words_of

DETERMINERS = words_of("the a an his her its their my your our this that these those no some every each")
CLOSED = DETERMINERS | words_of(
    "and or but nor if when while as than because though although unless until since whether that which "
    "who whom whose what where why how i you he she it we they me him us them himself herself itself "
    "themselves myself of in on at by for with from to into upon over under through between among "
    "against before after about above below near without within during toward towards across along "
    "behind beyond up down out off is are was were be been being am has have had do does did will would "
    "shall should can could may might must not so too very there here then now only even still yet all "
    "both such more most much many few one two other another same own said says came went saw took made "
    "gave got knew thought found told left felt kept let seemed stood began ran became brought looked "
    "asked made sat lay held heard turned lived called like just never ever always "
)
"""Words that are never the head or quality of a noun phrase: closed classes and the commonest verbs."""

SUBJECTS = DETERMINERS | words_of("i you he she it we they there such all both nothing everything nobody one")
"""Words that begin a main clause."""

NUMBERS = words_of(
    "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred"
)

_REWORDINGS = """
do not = don't; does not = doesn't; did not = didn't; is not = isn't; was not = wasn't; are not =
aren't; were not = weren't; will not = won't; would not = wouldn't; could not = couldn't; should not =
shouldn't; cannot = can't; had not = hadn't; has not = hasn't; have not = haven't; must not = mustn't; I
am = I'm; I have = I've; I will = I'll; it is = it's; that is = that's; they are = they're; we are =
we're; you are = you're; he had = he'd; she had = she'd; they had = they'd; I had = I'd; nearly =
almost; perhaps = maybe; upon = on; till = until; whilst = while; although = though; often = frequently;
quickly = rapidly; began to = started to; answered = replied; shut = closed; entire = whole; glad =
pleased; afraid = frightened; toward = towards; among = amongst; however = nevertheless; therefore =
consequently; huge = enormous; wealthy = rich; mistake = error; somebody = someone; everybody =
everyone; anybody = anyone; nobody = no one; sometimes = at times; many = numerous; scarcely = hardly;
weary = tired; wished to = wanted to; obtain = get; obtained = got; perceived = saw; ceased = stopped;
remained = stayed; permitted = allowed; permit = allow; required = needed; little = small; also =
likewise; suddenly = all of a sudden; finally = at last; several = a number of; commenced = began;
beneath = under; beside = next to; happened = occurred; difficult = hard; certainly = surely; generally
= usually; chiefly = mainly; that was = which was; that were = which were; that had = which had; that is
= which is
"""

REWORDINGS = tuple(
    (old, new)
    for old, _, new in (rule.strip().partition(" = ") for rule in " ".join(_REWORDINGS.split()).split(";"))
)
"""Forms that may stand for each other, either way."""
