"""The acts of the clinic room: the only writers of its tables."""

from clinic.services.deliveries import claim_endpoints, collect_messages, deliver_due
from clinic.services.duplicates import correct_patient, found_patients, merge_patients, unmerge_patient
from clinic.services.failed_sign_ins import forget_failed_sign_ins, record_failed_sign_in, tell_owners
from clinic.services.keeping import (
    Retention,
    destroy_keys,
    forget_answers,
    lift_hold,
    locked_group,
    locked_patient,
    patient_group,
    retention_of,
    set_hold,
    set_retention,
    standing_holds,
)
from clinic.services.mail import MailAnswer, has_mail_server, send_mail, send_test_message
from clinic.services.networks import forget_staff_networks, is_staff_network, network_index, note_staff_network
from clinic.services.opening import (
    FirstAdministrator,
    add_location,
    change_clinic,
    clean_details,
    close_location,
    open_clinic,
    open_first_clinic,
    start_code,
)
from clinic.services.patients import clean_identity, register_patient, rewrap_data_keys
from clinic.services.requests import answer_request, extend_request, open_requests, receive_request, requests_of
from clinic.services.roles import (
    confirm_role,
    confirm_role_as_operator,
    decline_role,
    propose_role,
    withdraw_role,
)
from clinic.services.sealing import check_is_there, open_for_patient, seal_for_patient
from clinic.services.second_factor import reset_second_factor, reset_second_factor_as_operator
from clinic.services.sms import code_ways, has_sms_gateway, send_sms
from clinic.services.staff import (
    change_practitioner,
    find_invitation,
    invite_staff,
    join_as,
    join_as_new_person,
    remove_member,
    withdraw_invitation,
)
from clinic.services.timestamping import ask_timestamp_authority, fetch_revocation_list, has_timestamp_authority
from clinic.services.tokens import find_token, make_token, remove_old_answers, request_digest, revoke_token
from clinic.services.webhooks import add_webhook, send_again, stop_webhook

__all__ = [
    "FirstAdministrator",
    "MailAnswer",
    "Retention",
    "add_location",
    "add_webhook",
    "answer_request",
    "ask_timestamp_authority",
    "change_clinic",
    "change_practitioner",
    "check_is_there",
    "claim_endpoints",
    "clean_details",
    "clean_identity",
    "close_location",
    "code_ways",
    "collect_messages",
    "confirm_role",
    "confirm_role_as_operator",
    "correct_patient",
    "decline_role",
    "deliver_due",
    "destroy_keys",
    "extend_request",
    "fetch_revocation_list",
    "find_invitation",
    "find_token",
    "forget_answers",
    "forget_failed_sign_ins",
    "forget_staff_networks",
    "found_patients",
    "has_mail_server",
    "has_sms_gateway",
    "has_timestamp_authority",
    "invite_staff",
    "is_staff_network",
    "join_as",
    "join_as_new_person",
    "lift_hold",
    "locked_group",
    "locked_patient",
    "make_token",
    "merge_patients",
    "network_index",
    "note_staff_network",
    "open_clinic",
    "open_first_clinic",
    "open_for_patient",
    "open_requests",
    "patient_group",
    "propose_role",
    "receive_request",
    "record_failed_sign_in",
    "register_patient",
    "remove_member",
    "remove_old_answers",
    "request_digest",
    "requests_of",
    "reset_second_factor",
    "reset_second_factor_as_operator",
    "retention_of",
    "revoke_token",
    "rewrap_data_keys",
    "seal_for_patient",
    "send_again",
    "send_mail",
    "send_sms",
    "send_test_message",
    "set_hold",
    "set_retention",
    "standing_holds",
    "start_code",
    "stop_webhook",
    "tell_owners",
    "unmerge_patient",
    "withdraw_invitation",
    "withdraw_role",
]
