"""The pages that need no sign-in: the only list of them. A test compares it with the whole URL map."""

from __future__ import annotations

PUBLIC_URL_NAMES = frozenset(
    {
        # Signs of life for whoever watches the machine.
        "livez",
        "readyz",
        # Signing in, and what is needed when signing in fails.
        "account_login",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_logout",
        "account_inactive",
        "account_confirm_email",
        "account_email_verification_sent",
        "account_confirm_login_code",
        "account_signup",
        "mfa_authenticate",
        "mfa_login_webauthn",
        # The first minute of a new installation, and a colleague's invitation.
        "start",
        "invitation_accept",
        # The patient's link: nothing of the patient is shown before the birth date is confirmed.
        "patient_letter",
        "patient_identity",
        "patient_code",
        "patient_code_again",
        "patient_help",
        "patient_dispute",
        "patient_text",
        "patient_section",
        "patient_ask",
        "patient_decide",
        "patient_sign",
        "patient_step",
        "patient_decline",
        "patient_receipt",
        "patient_pdf",
        "patient_copy",
        "patient_withdraw",
        "patient_drop_question",
        "patient_language",
        "patient_paper",
        "patient_people",
        "patient_person_add",
        "patient_person",
        "patient_person_leave",
        "patient_leave",
        "patient_choice",
        "patient_reminders",
        "patient_sooner",
    }
)
