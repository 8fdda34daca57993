"""What people do in the pages, click by click: a practitioner, a clinic lead, a patient on a phone, an auditor."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.journeys.running import Candour

LOT, SERIAL, GTIN = "RSE2699", "T1", "09521104000051"
SCAN = f"]d201{GTIN}1729013111260115" + f"10{LOT}\x1d21{SERIAL}"
PRODUCT = "DEMO Rosaline Callus"


def press(what: Locator) -> None:
    """Follow a link or send a form, and wait until the page that answers stands: the old page is never read by mistake."""
    with what.page.expect_navigation():
        what.click()


def password(candour: Candour) -> str:
    return (Path(candour.environment["CANDOUR_DATA_DIR"]) / "keys" / "demo_password").read_text().strip()


def sign_in(page: Page, candour: Candour, email: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{candour.url}/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password(candour))
    page.keyboard.press("Enter")
    expect(page.locator("nav a[aria-current=page]").first).to_be_visible()


def confirm_password(page: Page, candour: Candour) -> None:
    """Where an act in one's own name asks for the password once more, give it and go on."""
    if "reauthenticate" in page.url:
        page.locator("input[type=password]").fill(password(candour))
        press(page.get_by_role("button", name="Confirm"))


def size_export() -> bytes:
    """Two columns, diameter in nm and particles per mL: what a spreadsheet of any instrument can give."""
    rows = ["diameter_nm,concentration_per_ml"]
    rows += [f"{centre},{round(1e8 * 2.718 ** (-(((centre - 140) / 45) ** 2)))}" for centre in range(20, 420, 10)]
    return "\n".join(rows).encode()


def certificate() -> bytes:
    """A one-page PDF such as a laboratory sends."""
    text = f"BT /F1 12 Tf 72 720 Td (Certificate of analysis, lot {LOT}) Tj ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(text)}>>stream\n{text}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    return (
        f"{body}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(body)}\n%%EOF\n"
    ).encode("latin-1")


def receive_batch(page: Page, candour: Candour) -> str:
    """Scan, read back, confirm, file the papers; returns the batch's address."""
    page.goto(f"{candour.url}/batches/receive/")
    page.get_by_label("Scan or type the code on the vial").fill(SCAN)
    page.keyboard.press("Enter")
    main = page.get_by_role("main")
    for words in (PRODUCT, LOT, "31 January 2029", "15 January 2026", SERIAL):
        expect(main).to_contain_text(words)
    press(page.get_by_role("button", name="Yes, receive it"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(LOT)
    batch = page.url

    press(page.get_by_role("link", name="Upload the certificate"))
    page.locator("input[type=file]").set_input_files(
        {"name": "certificate.pdf", "mimeType": "application/pdf", "buffer": certificate()}
    )
    page.get_by_label("Lot", exact=False).first.fill(LOT)
    for place in range(3):
        page.locator(f"[name='row-{place}-basis'][value=NOT_STATED]").check()
    press(page.get_by_role("button", name="File the certificate"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(LOT)

    press(page.get_by_role("link", name=re.compile("instrument export", re.IGNORECASE)).first)
    page.get_by_label("Instrument export").set_input_files(
        {"name": "size.csv", "mimeType": "text/csv", "buffer": size_export()}
    )
    press(page.get_by_role("button", name="Read the file"))
    expect(page.locator("figure svg").first).to_be_visible()
    return batch


def release_batch(page: Page, batch: str) -> None:
    page.goto(batch)
    press(page.get_by_role("button", name="Release this batch").or_(page.get_by_role("button", name="Release")).first)
    expect(page.get_by_role("main")).to_contain_text("Released")


def register_patient(page: Page, candour: Candour, given: str, family: str) -> None:
    page.goto(f"{candour.url}/patients/add/")
    page.get_by_label("Given name").fill(given)
    page.get_by_label("Family name").fill(family)
    for label, value in (("Day", "14"), ("Month", "3"), ("Year", "1984")):
        page.get_by_label(label, exact=True).fill(value)
    press(page.get_by_role("button", name="Register"))
    expect(page.get_by_role("main")).to_contain_text(family)


def issue_consent(page: Page, candour: Candour, family: str) -> str:
    """Choose, preview, acknowledge the warnings, issue; returns the consent's address."""
    page.goto(f"{candour.url}/consents/issue/")
    patient = page.get_by_label("Patient").locator("option", has_text=family).first.get_attribute("value")
    product = page.get_by_label("Product").locator("option", has_text=PRODUCT).first.get_attribute("value")
    page.get_by_label("Patient").select_option(patient)
    page.get_by_label("Product").select_option(product)
    press(page.get_by_role("button", name="Continue"))
    return describe_and_issue(page, lot=LOT)


def describe_and_issue(page: Page, *, lot: str) -> str:
    """The second step and the preview: batch, way and cost; returns the consent's address."""
    batch = page.get_by_label("Batch").locator("option", has_text=lot).first.get_attribute("value")
    page.get_by_label("Batch").select_option(batch)
    page.locator("[name=route]").select_option("TOPICAL_INTACT")
    page.get_by_label("Total cost").fill("£430")
    page.get_by_label("If the patient changes their mind").fill("All of it back until the product is opened.")
    press(page.get_by_role("button", name="Show what the patient will read"))
    expect(page.get_by_role("main")).to_contain_text("Nobody knows its long-term risks.")
    for tick in page.get_by_role("checkbox").all():
        tick.check()
    press(page.get_by_role("button", name=re.compile("^Issue")).last)
    expect(page).to_have_url(re.compile(r"/consents/[0-9a-f-]{36}/$"))
    return page.url


def show_link(page: Page, consent: str) -> str:
    """The patient's link, as the page shows it beside the QR code."""
    page.goto(consent)
    press(page.get_by_role("button", name=re.compile("QR")).first)
    found = re.search(r"http://localhost:\d+/p/[A-Za-z0-9_-]{43}/", page.content())
    assert found, page.get_by_role("main").inner_text()
    return found[0]


def read_and_sign(phone: Page, link: str) -> None:
    """The whole way of a patient, with the finger."""
    phone.goto(link)
    expect(phone.get_by_role("main")).not_to_contain_text("Rosaline")
    for label, value in (("Day", "14"), ("Month", "3"), ("Year", "1984")):
        phone.get_by_label(label, exact=True).fill(value)
    press(phone.locator("main button").last)
    press(phone.get_by_role("button", name="I have read this part"))
    answer_steps(phone, "What matters to you")
    for _ in range(8):
        press(phone.get_by_role("button", name="I have read this part"))
    answer_steps(phone, "About your health", "Did we explain it well?", "In your own words", "Your choices")
    sign = phone.get_by_role("link", name=re.compile("sign", re.IGNORECASE))
    if "/sign/" not in phone.url:
        press(sign.first)
    pad = phone.locator("canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    phone.mouse.move(box["x"] + 30, box["y"] + 60)
    phone.mouse.down()
    for step in range(1, 12):
        phone.mouse.move(box["x"] + 30 + step * 15, box["y"] + 60 + (20 if step % 2 else -20))
    phone.mouse.up()
    phone.get_by_label(re.compile("I mean this")).check()
    press(phone.get_by_role("button", name=re.compile("^Sign")).last)
    expect(phone).to_have_url(re.compile("/receipt/$"))


RIGHT = (
    "No, it is not proven",
    "Nobody knows them",
    "From a plant",
    "Nothing. The rest of your care stays the same",
    "Any time before the treatment",
)


def answer_steps(phone: Page, *titles: str) -> None:
    """Answer what is asked: a clear no, the right answer, a few words."""
    for title in titles:
        expect(phone.get_by_role("heading", level=1)).to_have_text(title)
        for box in phone.locator("main textarea").all():
            box.fill("It may do nothing.")
        for group in phone.locator("main fieldset").all():
            right = group.get_by_label(re.compile(f"^({'|'.join(RIGHT)}|No)$"))
            right.first.check()
        press(phone.get_by_role("button", name="Save and go on"))
        expect(phone.get_by_role("heading", level=1)).not_to_have_text(title)


def declare(page: Page, candour: Candour, consent: str) -> None:
    page.goto(f"{consent}declare/")
    confirm_password(page, candour)
    for yes in page.locator("main input[type=radio][value=yes]").all():
        yes.check()
    for needs in page.locator("main textarea[name=needs]").all():
        needs.fill("Asked about body image and pressure from others; found nothing.")
    for tick in page.locator("main input[type=checkbox]").all():
        tick.check()
    press(page.locator("main form button").last)
    expect(page.get_by_role("main")).to_contain_text("Declared")
