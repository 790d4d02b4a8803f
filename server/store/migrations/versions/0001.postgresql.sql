CREATE TABLE catalog_entities (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  kind VARCHAR(14) COLLATE "C" NOT NULL,
  service_id BIGINT,
  tenant VARCHAR(64) COLLATE "C" NOT NULL,
  service_type VARCHAR(13) COLLATE "C" NOT NULL,
  service VARCHAR(258) COLLATE "C" NOT NULL,
  name VARCHAR(256) COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  previous BIGINT,
  updated_at BIGINT NOT NULL,
  updated_by TEXT COLLATE "C" NOT NULL,
  deleted_at BIGINT,
  change TEXT COLLATE "C",
  document TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_catalog_entities PRIMARY KEY (id),
  CONSTRAINT uq_catalog_entities_kind_service_name UNIQUE (kind, service, name),
  CONSTRAINT uq_catalog_entities_uuid UNIQUE (uuid),
  CONSTRAINT fk_catalog_entities_service_id FOREIGN KEY(service_id) REFERENCES catalog_entities (id) ON DELETE CASCADE
);
CREATE INDEX ix_catalog_entities_service_id ON catalog_entities (service_id);
CREATE TABLE evaluation_datasets (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  name VARCHAR(255) COLLATE "C" NOT NULL,
  schema TEXT COLLATE "C",
  profile TEXT COLLATE "C",
  digest VARCHAR(64) COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  created_by TEXT COLLATE "C",
  updated_by TEXT COLLATE "C",
  owner VARCHAR(254) COLLATE "C" NOT NULL,
  tenant VARCHAR(64) COLLATE "C" NOT NULL,
  CONSTRAINT pk_evaluation_datasets PRIMARY KEY (id),
  CONSTRAINT uq_evaluation_datasets_uuid UNIQUE (uuid)
);
CREATE INDEX ix_evaluation_datasets_name ON evaluation_datasets (name);
CREATE TABLE experiments (
  id BIGSERIAL NOT NULL,
  name VARCHAR(500) COLLATE "C" NOT NULL,
  artifact_location TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT,
  tenant VARCHAR(64) COLLATE "C" DEFAULT '' NOT NULL,
  CONSTRAINT pk_experiments PRIMARY KEY (id)
);
CREATE INDEX ix_experiments_name ON experiments (name);
CREATE UNIQUE INDEX uq_experiments_active_name ON experiments (name) WHERE deleted_at IS NULL;
CREATE TABLE keys (
  id BIGSERIAL NOT NULL,
  name VARCHAR(250) COLLATE "C" NOT NULL,
  CONSTRAINT pk_keys PRIMARY KEY (id),
  CONSTRAINT uq_keys_name UNIQUE (name)
);
CREATE TABLE latest_metrics (
  run_id BIGINT NOT NULL,
  key_id BIGINT NOT NULL,
  experiment_id BIGINT NOT NULL,
  step BIGINT NOT NULL,
  timestamp BIGINT NOT NULL,
  value FLOAT(53) NOT NULL,
  is_nan SMALLINT NOT NULL,
  CONSTRAINT pk_latest_metrics PRIMARY KEY (run_id, key_id)
);
CREATE INDEX ix_latest_metrics_value ON latest_metrics (experiment_id, key_id, is_nan, value, run_id);
CREATE TABLE metrics (
  run_id BIGINT NOT NULL,
  key_id BIGINT NOT NULL,
  step BIGINT NOT NULL,
  timestamp BIGINT NOT NULL,
  value FLOAT(53) NOT NULL,
  is_nan SMALLINT NOT NULL,
  CONSTRAINT pk_metrics PRIMARY KEY (run_id, key_id, step, timestamp, value, is_nan)
);
CREATE TABLE purges (
  kind VARCHAR(12) COLLATE "C" NOT NULL,
  id BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  experiment_id BIGINT,
  deleted_at BIGINT NOT NULL,
  path TEXT COLLATE "C",
  CONSTRAINT pk_purges PRIMARY KEY (kind, id)
);
CREATE TABLE registered_models (
  id BIGSERIAL NOT NULL,
  name VARCHAR(256) COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  last_version BIGINT NOT NULL,
  tenant VARCHAR(64) COLLATE "C" DEFAULT '' NOT NULL,
  CONSTRAINT pk_registered_models PRIMARY KEY (id),
  CONSTRAINT uq_registered_models_name UNIQUE (name)
);
CREATE TABLE sensei_resources (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  kind VARCHAR(16) COLLATE "C" NOT NULL,
  parent VARCHAR(40) COLLATE "C" NOT NULL,
  tenant VARCHAR(64) COLLATE "C" DEFAULT '' NOT NULL,
  created_by VARCHAR(254) COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT,
  revision BIGINT NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_sensei_resources PRIMARY KEY (id),
  CONSTRAINT uq_sensei_resources_uuid UNIQUE (uuid)
);
CREATE INDEX ix_sensei_resources_newest ON sensei_resources (kind, updated_at, id);
CREATE INDEX ix_sensei_resources_parent ON sensei_resources (parent);
CREATE TABLE tokens (
  id VARCHAR(12) COLLATE "C" NOT NULL,
  digest VARCHAR(64) COLLATE "C" NOT NULL,
  scope SMALLINT NOT NULL,
  name VARCHAR(64) COLLATE "C" NOT NULL,
  description VARCHAR(160) COLLATE "C" NOT NULL,
  labels TEXT COLLATE "C" NOT NULL,
  "user" VARCHAR(254) COLLATE "C" NOT NULL,
  tenant VARCHAR(64) COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  valid_until BIGINT NOT NULL,
  last_used_at BIGINT,
  CONSTRAINT pk_tokens PRIMARY KEY (id)
);
CREATE TABLE webhook_deliveries (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  kind VARCHAR(10) COLLATE "C" NOT NULL,
  webhook VARCHAR(36) COLLATE "C" NOT NULL,
  payload TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts INTEGER DEFAULT 0 NOT NULL,
  CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id)
);
CREATE INDEX ix_webhook_deliveries_due_at ON webhook_deliveries (due_at);
CREATE TABLE webhooks (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  name VARCHAR(63) COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  url TEXT COLLATE "C" NOT NULL,
  sealed_secret TEXT COLLATE "C",
  status VARCHAR(8) COLLATE "C" NOT NULL,
  events TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT pk_webhooks PRIMARY KEY (id),
  CONSTRAINT uq_webhooks_uuid UNIQUE (uuid)
);
CREATE TABLE catalog_domains (
  entity_id BIGINT NOT NULL,
  domain VARCHAR(36) COLLATE "C" NOT NULL,
  CONSTRAINT pk_catalog_domains PRIMARY KEY (domain, entity_id),
  CONSTRAINT fk_catalog_domains_entity_id FOREIGN KEY(entity_id) REFERENCES catalog_entities (id) ON DELETE CASCADE
);
CREATE INDEX ix_catalog_domains_entity_id ON catalog_domains (entity_id);
CREATE TABLE catalog_followers (
  entity_id BIGINT NOT NULL,
  user_id VARCHAR(36) COLLATE "C" NOT NULL,
  CONSTRAINT pk_catalog_followers PRIMARY KEY (entity_id, user_id),
  CONSTRAINT fk_catalog_followers_entity_id FOREIGN KEY(entity_id) REFERENCES catalog_entities (id) ON DELETE CASCADE
);
CREATE TABLE catalog_versions (
  entity_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  previous BIGINT,
  updated_at BIGINT NOT NULL,
  updated_by TEXT COLLATE "C" NOT NULL,
  deleted_at BIGINT,
  change TEXT COLLATE "C",
  document TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_catalog_versions PRIMARY KEY (entity_id, version),
  CONSTRAINT fk_catalog_versions_entity_id FOREIGN KEY(entity_id) REFERENCES catalog_entities (id) ON DELETE CASCADE
);
CREATE TABLE catalog_votes (
  entity_id BIGINT NOT NULL,
  user_name VARCHAR(256) COLLATE "C" NOT NULL,
  is_up SMALLINT NOT NULL,
  CONSTRAINT pk_catalog_votes PRIMARY KEY (entity_id, user_name),
  CONSTRAINT fk_catalog_votes_entity_id FOREIGN KEY(entity_id) REFERENCES catalog_entities (id) ON DELETE CASCADE
);
CREATE TABLE datasets (
  id BIGSERIAL NOT NULL,
  experiment_id BIGINT NOT NULL,
  name VARCHAR(500) COLLATE "C" NOT NULL,
  digest VARCHAR(36) COLLATE "C" NOT NULL,
  source_type VARCHAR(36) COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  schema TEXT COLLATE "C",
  profile TEXT COLLATE "C",
  CONSTRAINT pk_datasets PRIMARY KEY (id),
  CONSTRAINT uq_datasets_experiment_id_name_digest UNIQUE (experiment_id, name, digest),
  CONSTRAINT fk_datasets_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE TABLE evaluation_dataset_experiments (
  dataset_id BIGINT NOT NULL,
  experiment_id BIGINT NOT NULL,
  CONSTRAINT pk_evaluation_dataset_experiments PRIMARY KEY (dataset_id, experiment_id),
  CONSTRAINT fk_evaluation_dataset_experiments_dataset_id FOREIGN KEY(dataset_id) REFERENCES evaluation_datasets (id) ON DELETE CASCADE,
  CONSTRAINT fk_evaluation_dataset_experiments_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE INDEX ix_evaluation_dataset_experiments_experiment_id ON evaluation_dataset_experiments (experiment_id);
CREATE TABLE evaluation_dataset_records (
  id BIGSERIAL NOT NULL,
  dataset_id BIGINT NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  input_hash VARCHAR(64) COLLATE "C" NOT NULL,
  inputs TEXT COLLATE "C" NOT NULL,
  outputs TEXT COLLATE "C",
  expectations TEXT COLLATE "C",
  tags TEXT COLLATE "C",
  source TEXT COLLATE "C",
  source_id TEXT COLLATE "C",
  source_type VARCHAR(255) COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  created_by TEXT COLLATE "C",
  updated_by TEXT COLLATE "C",
  CONSTRAINT pk_evaluation_dataset_records PRIMARY KEY (id),
  CONSTRAINT uq_evaluation_dataset_records_dataset_id_input_hash UNIQUE (dataset_id, input_hash),
  CONSTRAINT fk_evaluation_dataset_records_dataset_id FOREIGN KEY(dataset_id) REFERENCES evaluation_datasets (id) ON DELETE CASCADE,
  CONSTRAINT uq_evaluation_dataset_records_uuid UNIQUE (uuid)
);
CREATE TABLE evaluation_dataset_tags (
  dataset_id BIGINT NOT NULL,
  key VARCHAR(255) COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_evaluation_dataset_tags PRIMARY KEY (dataset_id, key),
  CONSTRAINT fk_evaluation_dataset_tags_dataset_id FOREIGN KEY(dataset_id) REFERENCES evaluation_datasets (id) ON DELETE CASCADE
);
CREATE TABLE experiment_permissions (
  experiment_id BIGINT NOT NULL,
  principal_type VARCHAR(17) COLLATE "C" NOT NULL,
  principal VARCHAR(254) COLLATE "C" NOT NULL,
  level SMALLINT NOT NULL,
  CONSTRAINT pk_experiment_permissions PRIMARY KEY (experiment_id, principal_type, principal),
  CONSTRAINT fk_experiment_permissions_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE INDEX ix_experiment_permissions_principal ON experiment_permissions (principal);
CREATE TABLE experiment_tags (
  experiment_id BIGINT NOT NULL,
  key VARCHAR(250) COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_experiment_tags PRIMARY KEY (experiment_id, key),
  CONSTRAINT fk_experiment_tags_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE TABLE issues (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  experiment_id BIGINT NOT NULL,
  name VARCHAR(250) COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  status VARCHAR(50) COLLATE "C" NOT NULL,
  severity VARCHAR(50) COLLATE "C",
  root_causes TEXT COLLATE "C",
  categories TEXT COLLATE "C",
  source_run_id VARCHAR(256) COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  created_by TEXT COLLATE "C",
  updated_by TEXT COLLATE "C",
  source_type VARCHAR(21) COLLATE "C",
  source_id VARCHAR(256) COLLATE "C",
  last_seen_at BIGINT,
  tags TEXT COLLATE "C",
  metadata TEXT COLLATE "C",
  CONSTRAINT pk_issues PRIMARY KEY (id),
  CONSTRAINT uq_issues_uuid UNIQUE (uuid),
  CONSTRAINT fk_issues_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE INDEX ix_issues_experiment_id ON issues (experiment_id);
CREATE TABLE label_schemas (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  experiment_id BIGINT NOT NULL,
  name VARCHAR(250) COLLATE "C" NOT NULL,
  type VARCHAR(16) COLLATE "C" NOT NULL,
  instruction TEXT COLLATE "C",
  enable_comment SMALLINT NOT NULL,
  input TEXT COLLATE "C" NOT NULL,
  created_by TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  is_default SMALLINT NOT NULL,
  CONSTRAINT pk_label_schemas PRIMARY KEY (id),
  CONSTRAINT uq_label_schemas_experiment_id_name UNIQUE (experiment_id, name),
  CONSTRAINT uq_label_schemas_uuid UNIQUE (uuid),
  CONSTRAINT fk_label_schemas_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE TABLE logged_models (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  experiment_id BIGINT NOT NULL,
  name VARCHAR(500) COLLATE "C" NOT NULL,
  artifact_uri TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  status VARCHAR(26) COLLATE "C" NOT NULL,
  model_type TEXT COLLATE "C" NOT NULL,
  source_run_id VARCHAR(256) COLLATE "C" NOT NULL,
  deleted_at BIGINT,
  CONSTRAINT pk_logged_models PRIMARY KEY (id),
  CONSTRAINT uq_logged_models_uuid UNIQUE (uuid),
  CONSTRAINT fk_logged_models_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE INDEX ix_logged_models_newest ON logged_models (experiment_id, created_at DESC, uuid) WHERE deleted_at IS NULL;
CREATE INDEX ix_logged_models_source_run_id ON logged_models (source_run_id);
CREATE TABLE model_versions (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  description TEXT COLLATE "C",
  stage VARCHAR(10) COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  storage_location TEXT COLLATE "C" NOT NULL,
  run_id VARCHAR(256) COLLATE "C",
  run_link TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_model_versions PRIMARY KEY (model_id, version),
  CONSTRAINT fk_model_versions_model_id FOREIGN KEY(model_id) REFERENCES registered_models (id) ON DELETE CASCADE
);
CREATE INDEX ix_model_versions_run_id ON model_versions (run_id);
CREATE INDEX ix_model_versions_updated_at ON model_versions (updated_at);
CREATE TABLE registered_model_permissions (
  model_id BIGINT NOT NULL,
  principal_type VARCHAR(17) COLLATE "C" NOT NULL,
  principal VARCHAR(254) COLLATE "C" NOT NULL,
  level SMALLINT NOT NULL,
  CONSTRAINT pk_registered_model_permissions PRIMARY KEY (model_id, principal_type, principal),
  CONSTRAINT fk_registered_model_permissions_model_id FOREIGN KEY(model_id) REFERENCES registered_models (id) ON DELETE CASCADE
);
CREATE INDEX ix_registered_model_permissions_principal ON registered_model_permissions (principal);
CREATE TABLE registered_model_tags (
  model_id BIGINT NOT NULL,
  key VARCHAR(250) COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_registered_model_tags PRIMARY KEY (model_id, key),
  CONSTRAINT fk_registered_model_tags_model_id FOREIGN KEY(model_id) REFERENCES registered_models (id) ON DELETE CASCADE
);
CREATE TABLE registry_webhooks (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(32) COLLATE "C" NOT NULL,
  model_id BIGINT,
  description TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  sealed_authorization TEXT COLLATE "C",
  sealed_secret TEXT COLLATE "C",
  verified SMALLINT NOT NULL,
  status VARCHAR(9) COLLATE "C" NOT NULL,
  events TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT pk_registry_webhooks PRIMARY KEY (id),
  CONSTRAINT uq_registry_webhooks_uuid UNIQUE (uuid),
  CONSTRAINT fk_registry_webhooks_model_id FOREIGN KEY(model_id) REFERENCES registered_models (id) ON DELETE CASCADE
);
CREATE INDEX ix_registry_webhooks_model_id ON registry_webhooks (model_id);
CREATE TABLE review_queues (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  experiment_id BIGINT NOT NULL,
  name VARCHAR(250) COLLATE "C" NOT NULL,
  name_key TEXT COLLATE "C" NOT NULL,
  type VARCHAR(16) COLLATE "C" NOT NULL,
  owner TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT pk_review_queues PRIMARY KEY (id),
  CONSTRAINT uq_review_queues_experiment_id_name_key UNIQUE (experiment_id, name_key),
  CONSTRAINT uq_review_queues_uuid UNIQUE (uuid),
  CONSTRAINT fk_review_queues_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE TABLE runs (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(32) COLLATE "C" NOT NULL,
  experiment_id BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  status VARCHAR(9) COLLATE "C" NOT NULL,
  start_time BIGINT NOT NULL,
  end_time BIGINT,
  artifact_uri TEXT COLLATE "C" NOT NULL,
  deleted_at BIGINT,
  revision BIGINT DEFAULT 0 NOT NULL,
  CONSTRAINT pk_runs PRIMARY KEY (id),
  CONSTRAINT uq_runs_uuid UNIQUE (uuid),
  CONSTRAINT fk_runs_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE INDEX ix_runs_experiment ON runs (experiment_id);
CREATE INDEX ix_runs_newest ON runs (experiment_id, start_time DESC, uuid) WHERE deleted_at IS NULL;
CREATE INDEX ix_runs_newest_deleted ON runs (experiment_id, start_time DESC, uuid) WHERE deleted_at IS NOT NULL;
CREATE TABLE scorers (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(36) COLLATE "C" NOT NULL,
  experiment_id BIGINT NOT NULL,
  name VARCHAR(256) COLLATE "C" NOT NULL,
  CONSTRAINT pk_scorers PRIMARY KEY (id),
  CONSTRAINT uq_scorers_experiment_id_name UNIQUE (experiment_id, name),
  CONSTRAINT uq_scorers_uuid UNIQUE (uuid),
  CONSTRAINT fk_scorers_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE TABLE sensei_experiments (
  experiment_id BIGINT NOT NULL,
  ml_instance VARCHAR(36) COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  stored_name TEXT COLLATE "C" NOT NULL,
  created_by VARCHAR(254) COLLATE "C" NOT NULL,
  revision BIGINT NOT NULL,
  next_run_at BIGINT,
  document TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_sensei_experiments PRIMARY KEY (experiment_id),
  CONSTRAINT fk_sensei_experiments_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE INDEX ix_sensei_experiments_ml_instance ON sensei_experiments (ml_instance);
CREATE INDEX ix_sensei_experiments_next_run_at ON sensei_experiments (next_run_at);
CREATE TABLE traces (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(256) COLLATE "C" NOT NULL,
  experiment_id BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  duration BIGINT,
  state VARCHAR(17) COLLATE "C" NOT NULL,
  client_request_id TEXT COLLATE "C",
  request_preview TEXT COLLATE "C",
  response_preview TEXT COLLATE "C",
  generation BIGINT DEFAULT 0 NOT NULL,
  archived SMALLINT DEFAULT 0 NOT NULL,
  CONSTRAINT pk_traces PRIMARY KEY (id),
  CONSTRAINT uq_traces_uuid UNIQUE (uuid),
  CONSTRAINT fk_traces_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (id) ON DELETE CASCADE
);
CREATE INDEX ix_traces_newest ON traces (experiment_id, started_at DESC, uuid);
CREATE TABLE assessments (
  id BIGSERIAL NOT NULL,
  trace_id BIGINT NOT NULL,
  uuid VARCHAR(50) COLLATE "C" NOT NULL,
  kind VARCHAR(11) COLLATE "C" NOT NULL,
  name VARCHAR(250) COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  number FLOAT(53),
  numeric SMALLINT NOT NULL,
  error TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  source_type VARCHAR(50) COLLATE "C" NOT NULL,
  source_id VARCHAR(250) COLLATE "C",
  run_id VARCHAR(256) COLLATE "C",
  span_id VARCHAR(50) COLLATE "C",
  rationale TEXT COLLATE "C",
  overrides VARCHAR(50) COLLATE "C",
  valid SMALLINT NOT NULL,
  metadata TEXT COLLATE "C",
  CONSTRAINT pk_assessments PRIMARY KEY (id),
  CONSTRAINT fk_assessments_trace_id FOREIGN KEY(trace_id) REFERENCES traces (id) ON DELETE CASCADE,
  CONSTRAINT uq_assessments_uuid UNIQUE (uuid)
);
CREATE INDEX ix_assessments_run_id ON assessments (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX ix_assessments_trace_id ON assessments (trace_id, kind, name);
CREATE TABLE logged_model_metrics (
  model_id BIGINT NOT NULL,
  key VARCHAR(250) COLLATE "C" NOT NULL,
  timestamp BIGINT NOT NULL,
  step BIGINT NOT NULL,
  run_id VARCHAR(32) COLLATE "C" NOT NULL,
  value FLOAT(53) NOT NULL,
  is_nan SMALLINT NOT NULL,
  dataset_name VARCHAR(500) COLLATE "C" NOT NULL,
  dataset_digest VARCHAR(36) COLLATE "C" NOT NULL,
  CONSTRAINT pk_logged_model_metrics PRIMARY KEY (model_id, key, timestamp, step, run_id),
  CONSTRAINT fk_logged_model_metrics_model_id FOREIGN KEY(model_id) REFERENCES logged_models (id) ON DELETE CASCADE
);
CREATE TABLE logged_model_params (
  model_id BIGINT NOT NULL,
  key VARCHAR(250) COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_logged_model_params PRIMARY KEY (model_id, key),
  CONSTRAINT fk_logged_model_params_model_id FOREIGN KEY(model_id) REFERENCES logged_models (id) ON DELETE CASCADE
);
CREATE TABLE logged_model_tags (
  model_id BIGINT NOT NULL,
  key VARCHAR(250) COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_logged_model_tags PRIMARY KEY (model_id, key),
  CONSTRAINT fk_logged_model_tags_model_id FOREIGN KEY(model_id) REFERENCES logged_models (id) ON DELETE CASCADE
);
CREATE TABLE model_aliases (
  model_id BIGINT NOT NULL,
  alias VARCHAR(255) COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  CONSTRAINT pk_model_aliases PRIMARY KEY (model_id, alias),
  CONSTRAINT fk_model_aliases_model_id FOREIGN KEY(model_id, version) REFERENCES model_versions (model_id, version) ON DELETE CASCADE
);
CREATE INDEX ix_model_aliases_version ON model_aliases (model_id, version);
CREATE TABLE model_version_activities (
  id BIGSERIAL NOT NULL,
  uuid VARCHAR(32) COLLATE "C" NOT NULL,
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  type VARCHAR(20) COLLATE "C" NOT NULL,
  "user" VARCHAR(254) COLLATE "C" NOT NULL,
  comment TEXT COLLATE "C",
  system_comment TEXT COLLATE "C",
  from_stage VARCHAR(10) COLLATE "C",
  to_stage VARCHAR(10) COLLATE "C",
  is_open SMALLINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT pk_model_version_activities PRIMARY KEY (id),
  CONSTRAINT fk_model_version_activities_model_id FOREIGN KEY(model_id, version) REFERENCES model_versions (model_id, version) ON DELETE CASCADE,
  CONSTRAINT uq_model_version_activities_uuid UNIQUE (uuid)
);
CREATE INDEX ix_model_version_activities_version ON model_version_activities (model_id, version, id);
CREATE UNIQUE INDEX uq_model_version_activities_open ON model_version_activities (model_id, version, to_stage, "user") WHERE is_open = 1;
CREATE TABLE model_version_tags (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  key VARCHAR(250) COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_model_version_tags PRIMARY KEY (model_id, version, key),
  CONSTRAINT fk_model_version_tags_model_id FOREIGN KEY(model_id, version) REFERENCES model_versions (model_id, version) ON DELETE CASCADE
);
CREATE TABLE params (
  run_id BIGINT NOT NULL,
  key_id BIGINT NOT NULL,
  experiment_id BIGINT NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_params PRIMARY KEY (run_id, key_id),
  CONSTRAINT fk_params_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE,
  CONSTRAINT fk_params_key_id FOREIGN KEY(key_id) REFERENCES keys (id) ON DELETE CASCADE
);
CREATE INDEX ix_params_value ON params (experiment_id, key_id, substr(value, 1, 64), run_id);
CREATE TABLE review_queue_items (
  queue_id BIGINT NOT NULL,
  trace_id BIGINT NOT NULL,
  status VARCHAR(16) COLLATE "C" NOT NULL,
  completed_by VARCHAR(250) COLLATE "C",
  completed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT pk_review_queue_items PRIMARY KEY (queue_id, trace_id),
  CONSTRAINT fk_review_queue_items_queue_id FOREIGN KEY(queue_id) REFERENCES review_queues (id) ON DELETE CASCADE,
  CONSTRAINT fk_review_queue_items_trace_id FOREIGN KEY(trace_id) REFERENCES traces (id) ON DELETE CASCADE
);
CREATE INDEX ix_review_queue_items_trace_id ON review_queue_items (trace_id);
CREATE TABLE review_queue_schemas (
  queue_id BIGINT NOT NULL,
  schema_uuid VARCHAR(36) COLLATE "C" NOT NULL,
  CONSTRAINT pk_review_queue_schemas PRIMARY KEY (queue_id, schema_uuid),
  CONSTRAINT fk_review_queue_schemas_queue_id FOREIGN KEY(queue_id) REFERENCES review_queues (id) ON DELETE CASCADE
);
CREATE TABLE review_queue_users (
  queue_id BIGINT NOT NULL,
  reviewer VARCHAR(250) COLLATE "C" NOT NULL,
  CONSTRAINT pk_review_queue_users PRIMARY KEY (queue_id, reviewer),
  CONSTRAINT fk_review_queue_users_queue_id FOREIGN KEY(queue_id) REFERENCES review_queues (id) ON DELETE CASCADE
);
CREATE INDEX ix_review_queue_users_reviewer ON review_queue_users (reviewer);
CREATE TABLE run_datasets (
  run_id BIGINT NOT NULL,
  dataset_id BIGINT NOT NULL,
  context VARCHAR(500) COLLATE "C",
  tags TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_run_datasets PRIMARY KEY (run_id, dataset_id),
  CONSTRAINT fk_run_datasets_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE,
  CONSTRAINT fk_run_datasets_dataset_id FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE
);
CREATE INDEX ix_run_datasets_dataset_id ON run_datasets (dataset_id);
CREATE TABLE run_documents (
  run_id BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  document BYTEA NOT NULL,
  CONSTRAINT pk_run_documents PRIMARY KEY (run_id),
  CONSTRAINT fk_run_documents_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE run_models (
  run_id BIGINT NOT NULL,
  direction VARCHAR(6) COLLATE "C" NOT NULL,
  model_id VARCHAR(36) COLLATE "C" NOT NULL,
  step BIGINT NOT NULL,
  CONSTRAINT pk_run_models PRIMARY KEY (run_id, direction, model_id),
  CONSTRAINT fk_run_models_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE INDEX ix_run_models_model_id ON run_models (model_id);
CREATE TABLE scorer_versions (
  scorer_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  serialized TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_scorer_versions PRIMARY KEY (scorer_id, version),
  CONSTRAINT fk_scorer_versions_scorer_id FOREIGN KEY(scorer_id) REFERENCES scorers (id) ON DELETE CASCADE
);
CREATE TABLE sensei_models (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  created_by VARCHAR(254) COLLATE "C" NOT NULL,
  deleted_at BIGINT,
  revision BIGINT NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_sensei_models PRIMARY KEY (model_id, version),
  CONSTRAINT fk_sensei_models_model_id FOREIGN KEY(model_id, version) REFERENCES model_versions (model_id, version) ON DELETE CASCADE
);
CREATE TABLE sensei_runs (
  run_id BIGINT NOT NULL,
  mode VARCHAR(16) COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_sensei_runs PRIMARY KEY (run_id),
  CONSTRAINT fk_sensei_runs_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE spans (
  trace_id BIGINT NOT NULL,
  span_id VARCHAR(16) COLLATE "C" NOT NULL,
  parent_id VARCHAR(16) COLLATE "C",
  name TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  status VARCHAR(5) COLLATE "C" NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  model_name TEXT COLLATE "C",
  model_provider TEXT COLLATE "C",
  input_cost FLOAT(53),
  output_cost FLOAT(53),
  total_cost FLOAT(53),
  content TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_spans PRIMARY KEY (trace_id, span_id),
  CONSTRAINT fk_spans_trace_id FOREIGN KEY(trace_id) REFERENCES traces (id) ON DELETE CASCADE
);
CREATE TABLE tags (
  run_id BIGINT NOT NULL,
  key_id BIGINT NOT NULL,
  experiment_id BIGINT NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_tags PRIMARY KEY (run_id, key_id),
  CONSTRAINT fk_tags_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE,
  CONSTRAINT fk_tags_key_id FOREIGN KEY(key_id) REFERENCES keys (id) ON DELETE CASCADE
);
CREATE INDEX ix_tags_value ON tags (experiment_id, key_id, substr(value, 1, 64), run_id);
CREATE TABLE trace_metadata (
  trace_id BIGINT NOT NULL,
  key VARCHAR(250) COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_trace_metadata PRIMARY KEY (trace_id, key),
  CONSTRAINT fk_trace_metadata_trace_id FOREIGN KEY(trace_id) REFERENCES traces (id) ON DELETE CASCADE
);
CREATE TABLE trace_numbers (
  trace_id BIGINT NOT NULL,
  key VARCHAR(250) COLLATE "C" NOT NULL,
  value FLOAT(53) NOT NULL,
  CONSTRAINT pk_trace_numbers PRIMARY KEY (trace_id, key),
  CONSTRAINT fk_trace_numbers_trace_id FOREIGN KEY(trace_id) REFERENCES traces (id) ON DELETE CASCADE
);
CREATE TABLE trace_prompts (
  trace_id BIGINT NOT NULL,
  prompt VARCHAR(300) COLLATE "C" NOT NULL,
  CONSTRAINT pk_trace_prompts PRIMARY KEY (trace_id, prompt),
  CONSTRAINT fk_trace_prompts_trace_id FOREIGN KEY(trace_id) REFERENCES traces (id) ON DELETE CASCADE
);
CREATE TABLE trace_runs (
  trace_id BIGINT NOT NULL,
  run_id VARCHAR(256) COLLATE "C" NOT NULL,
  CONSTRAINT pk_trace_runs PRIMARY KEY (trace_id, run_id),
  CONSTRAINT fk_trace_runs_trace_id FOREIGN KEY(trace_id) REFERENCES traces (id) ON DELETE CASCADE
);
CREATE INDEX ix_trace_runs_run_id ON trace_runs (run_id);
CREATE TABLE trace_runs_awaited (
  trace_uuid VARCHAR(256) COLLATE "C" NOT NULL,
  run_id BIGINT NOT NULL,
  CONSTRAINT pk_trace_runs_awaited PRIMARY KEY (trace_uuid, run_id),
  CONSTRAINT fk_trace_runs_awaited_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE trace_tags (
  trace_id BIGINT NOT NULL,
  key VARCHAR(250) COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_trace_tags PRIMARY KEY (trace_id, key),
  CONSTRAINT fk_trace_tags_trace_id FOREIGN KEY(trace_id) REFERENCES traces (id) ON DELETE CASCADE
);
