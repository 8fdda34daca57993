"""Who signs in, in which clinics, and with which roles."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q

from audit.models import RecordedModel
from clinic.models.places import Organization, ScopedQuerySet
from clinic.vocabulary import Role, WrongCredential


class UserManager(BaseUserManager["User"]):
    """Users are known by their e-mail address, in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person with a hashed password; without one they cannot sign in by password."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """The user of an e-mail address, however it was typed."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. What they may do is their `Membership` in a clinic, not here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    def __str__(self) -> str:
        return self.full_name or self.email

    def get_full_name(self) -> str:
        """The name as the person writes it."""
        return self.full_name

    def get_short_name(self) -> str:
        """The same: nobody's name is cut."""
        return self.full_name


class MembershipQuerySet(ScopedQuerySet["Membership"]):
    """Questions about who belongs where."""

    def current(self) -> Self:
        """Members who were not removed."""
        return self.filter(removed_at=None, user__is_active=True)

    def acting(self) -> Self:
        """Current members who may act on consents: practitioners and leads."""
        return self.current().filter(Q(is_practitioner=True) | Q(is_clinic_lead=True))

    def leads(self) -> Self:
        """Current clinic leads."""
        return self.current().filter(is_clinic_lead=True)


class Membership(RecordedModel):
    """A person's place in one clinic. Never deleted: `removed_at` ends it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    is_practitioner = models.BooleanField(default=False)
    is_clinic_lead = models.BooleanField(default=False)
    is_auditor = models.BooleanField(default=False)
    joined_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("joined_at",)
        constraints = (models.UniqueConstraint(fields=["organization", "user"], name="clinic_membership_once"),)

    def __str__(self) -> str:
        return f"{self.user} at {self.organization}"

    @property
    def roles(self) -> frozenset[Role]:
        """The roles in force."""
        held = {
            Role.PRACTITIONER: self.is_practitioner,
            Role.CLINIC_LEAD: self.is_clinic_lead,
            Role.AUDITOR: self.is_auditor,
        }
        return frozenset(role for role, is_held in held.items() if is_held)

    @property
    def role_words(self) -> str:
        """The roles in force, for a person to read."""
        return ", ".join(role.label for role in Role if role in self.roles) or "No role yet"

    def has_role(self, role: Role) -> bool:
        """Whether this role is in force."""
        return role in self.roles

    def set_role(self, role: Role, *, held: bool) -> None:
        """Put a role in force or end it on this object; the caller saves."""
        setattr(self, f"is_{role.value}", held)


class RoleGrantQuerySet(ScopedQuerySet["RoleGrant"]):
    """Questions about proposed roles."""

    def waiting(self) -> Self:
        """Proposed, and neither confirmed nor declined."""
        return self.filter(decided_at=None)


class RoleGrant(RecordedModel):
    """A role that one person proposed and another confirmed or declined."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="role_grants")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    proposed_at = models.DateTimeField()
    # None with a decision means that the operator of the installation decided on its command line.
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    is_confirmed = models.BooleanField(default=False)

    objects: ClassVar = RoleGrantQuerySet.as_manager()

    class Meta:
        ordering = ("-proposed_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["membership", "role"],
                condition=models.Q(decided_at=None),
                name="clinic_rolegrant_one_waiting",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()} for {self.membership.user}"


class InvitationQuerySet(ScopedQuerySet["Invitation"]):
    """Questions about invitations."""

    def open_on(self, at: datetime) -> Self:
        """Not used, not withdrawn, not expired."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=at)


class Invitation(RecordedModel):
    """A single-use way into a clinic; only the digest of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    is_practitioner = models.BooleanField(default=False)
    is_clinic_lead = models.BooleanField(default=False)
    is_auditor = models.BooleanField(default=False)
    token_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects: ClassVar = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-invited_at",)

    def __str__(self) -> str:
        return f"{self.email} to {self.organization}"

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that the inviting lead asked for."""
        asked = {
            Role.PRACTITIONER: self.is_practitioner,
            Role.CLINIC_LEAD: self.is_clinic_lead,
            Role.AUDITOR: self.is_auditor,
        }
        return frozenset(role for role, is_asked in asked.items() if is_asked)


class Practitioner(RecordedModel):
    """How a practitioner of this clinic is named and registered, as it is printed for the patient."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="practitioners")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="practitioner_profiles",
    )
    printed_name = models.CharField(max_length=200)
    registration_body = models.CharField(max_length=200, blank=True)
    registration_number = models.CharField(max_length=50, blank=True)
    register_url = models.URLField(blank=True)

    objects: ClassVar = ScopedQuerySet["Practitioner"].as_manager()

    class Meta:
        ordering = ("printed_name",)
        constraints = (models.UniqueConstraint(fields=["organization", "user"], name="clinic_practitioner_once"),)

    def __str__(self) -> str:
        return self.printed_name


class SecondFactorReset(RecordedModel):
    """Somebody's second factors were taken away so that they can get in again; they are told at the next sign-in."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"shown_at"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", null=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="second_factor_resets",
    )
    # None means that the operator of the installation did it on its command line.
    reset_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    reset_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    shown_at = models.DateTimeField(null=True)

    objects: ClassVar = ScopedQuerySet["SecondFactorReset"].as_manager()

    def __str__(self) -> str:
        return f"{self.user} on {self.reset_at:%Y-%m-%d}"


class FailedSignIn(models.Model):
    """A wrong password, code or passkey, kept for a month for the account's owner to see.

    `is_run` marks the one of several in a row of which the owner is told by mail, `told_at` that it was sent, and
    `next_attempt_at` when it is tried again where the mail server refused it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="failed_sign_ins")
    kind = models.CharField(max_length=20, choices=WrongCredential)
    failed_at = models.DateTimeField()
    is_run = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-failed_at", "-pk")
        indexes = (models.Index(fields=["user", "-failed_at"], name="clinic_failed_lately"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class StaffNetwork(models.Model):
    """A network on which staff of a clinic worked lately, as a keyed digest: it can be compared and not read."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    network_index = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "network_index"], name="clinic_staff_network_once"),
        )

    def __str__(self) -> str:
        return f"network of {self.organization_id}"
