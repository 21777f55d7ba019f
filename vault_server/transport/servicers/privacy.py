"""Privacy: erasure, purposes, consent; access: principals, tokens, grants; the audit log."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1 import access_service_pb2 as access_pb2
from strongroom.api.v1 import audit_service_pb2 as audit_pb2
from strongroom.api.v1 import privacy_service_pb2 as privacy_pb2
from vault_server.usecases import names
from vault_server.usecases.audit_reading import AuditReading
from vault_server.usecases.call import Call
from vault_server.usecases.erasure import Erasure
from vault_server.usecases.principals import Principals
from vault_server.usecases.purposes import Purposes


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyServicer:
    """PrivacyService."""

    erasure: Erasure
    purposes: Purposes

    def EraseCustomer(self, request: privacy_pb2.EraseCustomerRequest, call: Call) -> privacy_pb2.EraseCustomerResponse:
        return self.erasure.erase(call, request.name, validate_only=request.validate_only)

    def CreatePurpose(self, request: privacy_pb2.CreatePurposeRequest, call: Call) -> privacy_pb2.CreatePurposeResponse:
        return privacy_pb2.CreatePurposeResponse(purpose=self.purposes.create(call, request))

    def ListPurposes(self, request: privacy_pb2.ListPurposesRequest, call: Call) -> privacy_pb2.ListPurposesResponse:
        return privacy_pb2.ListPurposesResponse(purposes=self.purposes.list_purposes(call, request.parent))

    def SetConsent(self, request: privacy_pb2.SetConsentRequest, call: Call) -> privacy_pb2.SetConsentResponse:
        return privacy_pb2.SetConsentResponse(consent=self.purposes.set_consent(call, request))

    def ListConsents(self, request: privacy_pb2.ListConsentsRequest, call: Call) -> privacy_pb2.ListConsentsResponse:
        return privacy_pb2.ListConsentsResponse(consents=self.purposes.list_consents(call, request.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessServicer:
    """AccessService."""

    principals: Principals

    def PutPrincipal(self, request: access_pb2.PutPrincipalRequest, call: Call) -> access_pb2.PutPrincipalResponse:
        return access_pb2.PutPrincipalResponse(principal=self.principals.put(call, request.principal))

    def ListPrincipals(self, request: access_pb2.ListPrincipalsRequest, call: Call) -> access_pb2.ListPrincipalsResponse:
        return access_pb2.ListPrincipalsResponse(principals=self.principals.list_principals(call, request.parent))

    def IssueToken(self, request: access_pb2.IssueTokenRequest, call: Call) -> access_pb2.IssueTokenResponse:
        return self.principals.issue_token(call, request)

    def RevokeToken(self, request: access_pb2.RevokeTokenRequest, call: Call) -> access_pb2.RevokeTokenResponse:
        return access_pb2.RevokeTokenResponse(token=self.principals.revoke_token(call, request.name))

    def ListTokens(self, request: access_pb2.ListTokensRequest, call: Call) -> access_pb2.ListTokensResponse:
        return access_pb2.ListTokensResponse(tokens=self.principals.list_tokens(call, request.parent))

    def CreateGrant(self, request: access_pb2.CreateGrantRequest, call: Call) -> access_pb2.CreateGrantResponse:
        return access_pb2.CreateGrantResponse(grant=self.principals.create_grant(call, request))

    def ListGrants(self, request: access_pb2.ListGrantsRequest, call: Call) -> access_pb2.ListGrantsResponse:
        return access_pb2.ListGrantsResponse(grants=self.principals.list_grants(call, request.parent))

    def RevokeGrant(self, request: access_pb2.RevokeGrantRequest, call: Call) -> access_pb2.RevokeGrantResponse:
        self.principals.revoke_grant(call, request.name)
        return access_pb2.RevokeGrantResponse()

    def WhoAmI(self, request: access_pb2.WhoAmIRequest, call: Call) -> access_pb2.WhoAmIResponse:  # noqa: ARG002 - the request is empty
        call.audit()
        principal = access_pb2.Principal(
            name=names.child_name(call.identity.tenant, "principals", call.identity.principal),
            roles=sorted(call.identity.roles),  # type: ignore[arg-type]  # numbers of roles
        )
        return access_pb2.WhoAmIResponse(principal=principal, credential=call.identity.credential)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditServicer:
    """AuditService."""

    audit: AuditReading

    def ListAuditEvents(self, request: audit_pb2.ListAuditEventsRequest, call: Call) -> audit_pb2.ListAuditEventsResponse:
        return self.audit.events(call, request)

    def VerifyAuditLog(self, request: audit_pb2.VerifyAuditLogRequest, call: Call) -> audit_pb2.VerifyAuditLogResponse:  # noqa: ARG002 - the request is empty
        return self.audit.verify(call)
