"""The demo reads what `customers export -o jsonl` writes."""

from __future__ import annotations

import json

from deploy.demo.comparison import parse_export


def test_exported_line_gives_entity_segment_estimates_and_corrections_that_say_a_value() -> None:
    line = {
        "external_ids": [{"source": "crm", "id": "C1"}],
        "entity": {"entity": "e1", "size": 2},
        "segment": {"segment": 3, "label": "Customers"},
        "imputed": [{"field": "attributes.satisfaction", "value": 4, "method": "boosted"}],
        "corrections": [
            {"field": "emails[0]", "after": "ada@example.com", "state": "accepted"},
            {"field": "income", "state": "pending"},
        ],
    }
    (result,) = parse_export(json.dumps(line)).values()
    assert (result.entity, result.segment) == ("e1", 3)
    assert result.imputed == {"attributes.satisfaction": "4"}
    assert result.corrected == {"emails[0]": "ada@example.com"}
