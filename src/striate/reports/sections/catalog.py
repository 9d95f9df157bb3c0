"""All sections, by the name of their task; a task without a row has the common part of the report."""

from importlib import import_module

from striate.reports.sections.section import COMMON, Section

SECTIONS: dict[str, str] = {  # module:object
    "classify": "striate.reports.sections.classify:CLASSIFY",
    "locate": "striate.reports.sections.locate:LOCATE",
    "landmarks": "striate.reports.sections.landmarks:LANDMARKS",
}


def find_section(task: str) -> Section:
    """The section of that task."""
    if task not in SECTIONS:
        return COMMON
    module, _, attribute = SECTIONS[task].partition(":")
    found: Section = getattr(import_module(module), attribute)
    return found
