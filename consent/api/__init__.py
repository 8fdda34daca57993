"""The consent room through the API. What belongs to a patient or needs the practitioner in person is not done by a token."""
