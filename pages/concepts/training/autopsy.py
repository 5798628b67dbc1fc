"""The autopsy of a network that broke: what broke, where, and what can be tried."""

import streamlit as st

from core.training import Halt
from pages.concepts.training import buttons, data, words
from pages.concepts.training.lab import Lab
from pages.kit import page


def draw(lab: Lab) -> None:
    """One for each network of the lab that broke."""
    for name, run in lab.pair.runs.items():
        halt = lab.pair.halt(name)
        if halt is None:
            continue
        with st.container(border=True):
            page.write(words.autopsy(name, halt, run.spec.depth, run.train_spec.dtype))
            before = data.last_steps(run)
            if len(before):
                st.dataframe(before, hide_index=True, width="stretch")
            else:
                page.write("It was the first step: there is no step before it to look at.")
            _trials(lab, name, halt)


def _trials(lab: Lab, name: str, halt: Halt) -> None:
    """Each change alone: the same seed, the same batches, as many steps."""
    duel, job = lab.pair.duel, lab.jobs.get(f"trials {name}")
    if job and job.ended:
        page.write(words.trials(job.runs, duel.data))
        return
    page.write(
        "What could be changed? Each of these can be tried alone, and none is certain to help: "
        "{changes}.",
        changes=", ".join(data.changes(duel.nets[name])),
    )
    buttons.try_changes(name, data.trial_steps(halt))
