"""What users put into the OpenMetadata catalog: ML model services, their models, and all versions of both.

- A service and its models are rows of one table: everything that can be done to one can be done to both.
- `document` holds what users may change; what the server keeps about it is in columns.
- Versions count tenths: 1 is 0.1, and their arithmetic is exact.
- The instance's own registered models are not here: they are read from the registry each time.
"""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from trackstack.server.store.schema.base import Flag, Millis, Text, metadata, reference, row_id, text_of

_NAME_LENGTH = 256

catalog_entities = Table(
    "catalog_entities",
    metadata,
    row_id(),
    Column("uuid", text_of(36), nullable=False, unique=True),
    Column("kind", text_of(14), nullable=False),  # mlmodelService, mlmodel
    reference("service_id", "catalog_entities.id", nullable=True),  # none for a service
    Column("tenant", text_of(64), nullable=False),  # whose it is; empty: nobody's
    Column("service_type", text_of(13), nullable=False),
    Column("service", text_of(_NAME_LENGTH + 2), nullable=False),  # the service's fully qualified name
    Column("name", text_of(_NAME_LENGTH), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("previous", BigInteger),  # the version before
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("deleted_at", Millis),
    Column("change", Text),  # what made this version: JSON {"fieldsAdded": …}
    Column("document", Text, nullable=False),
    UniqueConstraint("kind", "service", "name"),  # also the order of listings
    Index("ix_catalog_entities_service_id", "service_id"),
)

catalog_versions = Table(
    "catalog_versions",
    metadata,
    reference("entity_id", "catalog_entities.id"),
    Column("version", BigInteger, nullable=False),
    Column("previous", BigInteger),
    Column("updated_at", Millis, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("deleted_at", Millis),
    Column("change", Text),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("entity_id", "version"),
    sqlite_with_rowid=False,
    comment="what an entity was before its newest version",
)

catalog_domains = Table(
    "catalog_domains",
    metadata,
    reference("entity_id", "catalog_entities.id"),
    Column("domain", text_of(36), nullable=False),  # its UUID
    PrimaryKeyConstraint("domain", "entity_id"),
    Index("ix_catalog_domains_entity_id", "entity_id"),
    sqlite_with_rowid=False,
)

catalog_followers = Table(
    "catalog_followers",
    metadata,
    reference("entity_id", "catalog_entities.id"),
    Column("user_id", text_of(36), nullable=False),
    PrimaryKeyConstraint("entity_id", "user_id"),
    sqlite_with_rowid=False,
)

catalog_votes = Table(
    "catalog_votes",
    metadata,
    reference("entity_id", "catalog_entities.id"),
    Column("user_name", text_of(256), nullable=False),
    Column("is_up", Flag, nullable=False),
    PrimaryKeyConstraint("entity_id", "user_name"),
    sqlite_with_rowid=False,
)
