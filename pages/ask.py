"""Ask: a question in English about a sequence; the answer, what decided it, how far to trust it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from genomebook.book import Book
from genomebook.errors import GenomebookError
from genomebook.export.plain import fasta
from genomebook.language.encode import Encoder
from genomebook.render.ask.answer import answer_html
from genomebook.render.ask.asking import questions_html
from genomebook.render.ask.decided import Occluded, decided_html
from genomebook.render.templating import render
from genomebook.search.query import MAX_LETTERS
from genomebook.tasks.answer import TaskAnswer
from genomebook.tasks.answers import answers, understood
from genomebook.tasks.learnt_answers import is_answered, scored_letters
from genomebook.tasks.occlusion import MAX_LETTERS as MAX_OCCLUDED
from genomebook.tasks.occlusion import occlusion, shuffled_sequence, words_of_sequence
from genomebook.tasks.questions import MAX_QUESTION
from genomebook.tasks.registry import tasks
from genomebook.tasks.scan import SCAN_TASKS
from genomebook.tasks.shipped import chosen
from pages._address import ASK, ASK_VIEWS, AskState
from pages._ask_batch import batch
from pages._ask_field import (
    FILE,
    LONG,
    FieldSequence,
    example_of,
    example_place,
    holds,
    put_field,
    sequence_of,
)  # fmt: skip
from pages._ask_scan import scan_page
from pages._ask_trust import trust
from pages._shared import encoder_of, frame, genes_of, problem, styles

LEDE = (
    "Ask what a passage of DNA is, or have it translated or counted. An answer that is a guess comes from a "
    "model; beside it stands how often that model is right on DNA that it never saw."
)
EXAMPLES = (
    "is this a promoter?", "is this an enhancer?", "is this a splice site?", "translate frame 1",
    "reverse complement", "what is the GC content?", "which gene is like this?",
)  # fmt: skip
"""Questions to begin with; those of them that are answered are shown."""
TYPES = ["fa", "fasta", "fna", "ffn", "txt", "seq", "gb"]
QUESTION_HELP = "Ask in English. A list of what can be asked is below."
FIELD = "DNA or RNA, FASTA, a place or a gene"
KEPT = "This sequence is too long for the address bar: a link or a reload will not bring it back."


def asked(book: Book, state: AskState) -> None:
    """The form was sent off."""
    question = st.session_state["question"].strip()
    task = state.task if question == state.q else ""
    st.session_state.pop(FILE, None)
    ASK.put(put_field(book, replace(state, q=question, task=task), st.session_state["field"]))


def chose_example(book: Book, state: AskState) -> None:
    """A chip was chosen: its question, and a passage of this book where there is no sequence yet."""
    question = st.session_state["examples"]
    if question is None:
        return
    state = replace(state, q=question, task="")
    if not holds(state) and not st.session_state.get(FILE):
        state = put_field(book, state, example_of(book))
    ASK.put(state)


def uploaded(state: AskState) -> None:
    """A file was given: it is the sequence."""
    st.session_state.pop(LONG, None)
    ASK.put(replace(state, loc="", seq=""))


def form(book: Book, state: AskState) -> None:
    """Question, sequence, examples, upload."""
    shown = holds(state)
    if st.session_state.get("ask shown") != (state.q, shown):
        st.session_state["ask shown"] = state.q, shown
        st.session_state["question"], st.session_state["field"] = state.q, shown
    names = genes_of(book).table["name"]
    gene = next((f" or {name}" for name in names if name), "")
    with st.form("asking", border=False):
        st.text_input(
            "Question", key="question", max_chars=MAX_QUESTION, placeholder=EXAMPLES[0], help=QUESTION_HELP
        )
        st.text_area(
            FIELD, key="field", height=90, max_chars=2 * MAX_LETTERS,
            placeholder=f"ACGT ..., >name and letters, {example_place(book)}{gene}",
        )  # fmt: skip
        st.form_submit_button(
            "Ask", icon=":material/help:", type="primary", on_click=asked, args=(book, state)
        )
    shown_examples = [question for question in EXAMPLES if is_answered(understood(question, 0)[0])]
    st.session_state["examples"] = state.q if state.q in shown_examples else None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="ask ways"):
        st.pills(
            "Examples", shown_examples, key="examples", on_change=chose_example, args=(book, state),
            label_visibility="collapsed",
        )  # fmt: skip
        with st.popover("Upload FASTA", icon=":material/upload:"):
            st.file_uploader(
                f"One sequence of at most {MAX_LETTERS:,} letters", type=TYPES, key=FILE,
                max_upload_size=2, on_change=uploaded, args=(state,),
            )  # fmt: skip


def answer_of(book: Book, state: AskState, sequence: FieldSequence) -> TaskAnswer:
    """Answer the question of the address; raises as `genomebook.tasks.answers.ask`."""
    asked = sequence.asked
    task, options = understood(state.q, len(asked.letters), state.task or None)
    is_as_read = sequence.strand != "-" or task.group == "Genes"  # what is known of a place has both strands
    where = sequence.region if is_as_read else None
    return next(answers(task, [asked], state.q, options, book=book, place=where))


def show(book: Book, state: AskState, answer: TaskAnswer, letters: str) -> None:
    """The answer, what decided it, how far to trust it."""
    st.html(answer_html(answer))
    if not (state.seq or state.loc):
        st.caption(KEPT)
    if answer.sequence:
        name = f"{answer.task}.fa"
        text = fasta(f"{answer.name or answer.task} {answer.title}", answer.sequence.encode())
        st.download_button("Save as FASTA", text, name, "text/plain", on_click="ignore")
    decided(encoder_of(book), answer, letters)
    trust(tasks()[answer.task])


def decided(encoder: Encoder, answer: TaskAnswer, letters: str) -> None:
    """What decided the answer, word by word, beside the shuffle; nothing for an answer without a rule."""
    rule = chosen(answer.task)
    if rule is None or answer.label not in rule.labels:
        return
    with st.expander("What decided it", expanded=True, key="decided"):
        letters = scored_letters(tasks()[answer.task], letters)
        if len(letters) > MAX_OCCLUDED:
            st.caption(f"Not shown for more than {MAX_OCCLUDED:,} letters; ask about a shorter passage.")
            return
        label = rule.labels.index(answer.label)
        parts = []
        for each in (letters, shuffled_sequence(letters)):
            drops = occlusion(rule, each, label, words_of_sequence(encoder, each))
            parts.append(Occluded(each, float(rule.probabilities([each])[0, label]), drops))
        st.html(decided_html(answer.label, *parts))


def offered(state: AskState, is_open: bool) -> None:
    """What can be asked, as links."""
    kept = ASK.write(AskState(seq=state.seq, loc=state.loc))
    with st.expander("What can be asked", expanded=is_open, key="offered"):
        st.html(questions_html(tasks(), kept))


def one_sequence(book: Book, state: AskState) -> None:
    """The view for one sequence."""
    form(book, state)
    answer = None
    try:
        if (state.q or state.task) and understood(state.q, 0, state.task or None)[0].name == SCAN_TASKS[0]:
            ASK.put(replace(state, view="scan", q="", task=""))
            st.rerun()
        sequence = sequence_of(book, state)
        if sequence is not None and (state.q or state.task):
            answer = answer_of(book, state, sequence)
            show(book, state, answer, sequence.asked.letters)
        elif state.q or state.task:
            st.info("Give a sequence: paste letters or FASTA, or name a place or a gene of this book.")
    except GenomebookError as error:
        problem(str(error))
    offered(state, answer is None)


with frame("ask") as book:
    styles("ask")
    st.title("Ask", anchor=False)
    st.html(render("lede.j2", text=LEDE))
    state = ASK.read(problem)
    st.session_state["view"] = state.view
    st.segmented_control(
        "About", list(ASK_VIEWS), key="view", format_func=ASK_VIEWS.__getitem__, required=True,
        label_visibility="collapsed", on_change=ASK.keep, args=("view",),
    )  # fmt: skip
    if state.view == "scan":
        scan_page(book, state)
    elif state.view == "batch":
        batch(book, state)
    else:
        one_sequence(book, state)
