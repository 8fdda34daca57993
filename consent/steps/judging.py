"""What a patient's answers come to: which are wrong, and what the clinic's policy says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consent.vocabulary import ScreeningPolicy

JSON = Any
# What is not a clear no is talked about: a patient who is not sure is not asked to guess.
_CLEAR_NO = "no"
_GRAVEST_FIRST = (ScreeningPolicy.STOP, ScreeningPolicy.PAUSE, ScreeningPolicy.WARN, ScreeningPolicy.NOTE)


def wrong_keys(step: Mapping[str, JSON], answers: Mapping[str, str]) -> list[str]:
    """The prompts with a right answer that were answered otherwise or not at all, in their order."""
    return [
        prompt["key"]
        for prompt in step["prompts"]
        if "right" in prompt and answers.get(prompt["key"], "") != prompt["right"]
    ]


def outcome(step: Mapping[str, JSON], answers: Mapping[str, str]) -> str:
    """The gravest policy among the answers that are not a clear no; empty where all are."""
    met = {
        prompt["policy"]
        for prompt in step["prompts"]
        if "policy" in prompt and answers.get(prompt["key"], "") != _CLEAR_NO
    }
    return next((policy.value for policy in _GRAVEST_FIRST if policy in met), "")


def worded(step: Mapping[str, JSON], answers: Mapping[str, str]) -> list[dict[str, JSON]]:
    """Each prompt with its answer in the words that the patient saw; `raises` names the policy that the answer meets."""
    return [
        {
            "key": prompt["key"],
            "text": prompt["text"],
            "answer": _words(prompt, answers.get(prompt["key"], "")),
            "raises": prompt["policy"] if "policy" in prompt and answers.get(prompt["key"], "") != _CLEAR_NO else "",
        }
        for prompt in step["prompts"]
    ]


def _words(prompt: Mapping[str, JSON], answer: str) -> str:
    if prompt["kind"] == "text":
        return answer
    return next((str(option["text"]) for option in prompt["options"] if option["key"] == answer), "")
