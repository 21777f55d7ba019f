"""Imports, read sessions and attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.api.v1 import attribute_service_pb2 as attributes_pb2
from strongroom.api.v1 import import_service_pb2 as imports_pb2
from strongroom.api.v1 import read_session_service_pb2 as sessions_pb2
from vault_server.usecases.attributes import Attributes
from vault_server.usecases.call import Call
from vault_server.usecases.imports import Imports
from vault_server.usecases.read_sessions import ReadSessions


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeServicer:
    """AttributeService."""

    attributes: Attributes

    def CreateAttributeDefinition(
        self, request: attributes_pb2.CreateAttributeDefinitionRequest, call: Call
    ) -> attributes_pb2.CreateAttributeDefinitionResponse:
        made = self.attributes.create(call, request.parent, request.attribute_definition)
        return attributes_pb2.CreateAttributeDefinitionResponse(attribute_definition=made)

    def ListAttributeDefinitions(
        self, request: attributes_pb2.ListAttributeDefinitionsRequest, call: Call
    ) -> attributes_pb2.ListAttributeDefinitionsResponse:
        found = self.attributes.list_attributes(call, request.parent)
        return attributes_pb2.ListAttributeDefinitionsResponse(attribute_definitions=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportServicer:
    """ImportService."""

    imports: Imports

    def CreateImport(self, request: imports_pb2.CreateImportRequest, call: Call) -> imports_pb2.CreateImportResponse:
        return imports_pb2.CreateImportResponse(**{"import": self.imports.create(call, request)})

    def ImportRows(
        self, requests: Iterator[imports_pb2.ImportRowsRequest], call: Call
    ) -> Iterator[imports_pb2.ImportRowsResponse]:
        return self.imports.rows(call, requests)

    def FinishImport(self, request: imports_pb2.FinishImportRequest, call: Call) -> imports_pb2.FinishImportResponse:
        return imports_pb2.FinishImportResponse(**{"import": self.imports.finish(call, request.name)})

    def GetImport(self, request: imports_pb2.GetImportRequest, call: Call) -> imports_pb2.GetImportResponse:
        return imports_pb2.GetImportResponse(**{"import": self.imports.get(call, request.name)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSessionServicer:
    """ReadSessionService."""

    sessions: ReadSessions

    def CreateReadSession(
        self, request: sessions_pb2.CreateReadSessionRequest, call: Call
    ) -> sessions_pb2.CreateReadSessionResponse:
        return sessions_pb2.CreateReadSessionResponse(session=self.sessions.create(call, request))

    def ReadRows(self, request: sessions_pb2.ReadRowsRequest, call: Call) -> Iterator[sessions_pb2.ReadRowsResponse]:
        return self.sessions.rows(call, request.stream, request.resume_token)
