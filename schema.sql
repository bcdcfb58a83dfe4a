-- trailproof snapshot, format 1: what AWS said about one or more accounts, and typed rows derived from it.
--
-- `evidence` holds response bodies verbatim. Every other table (but `snapshot`) is a fact table: a pure function of
-- evidence, derived again by `trailproof verify`. Nothing here is a judgement.
--
-- Conventions
--   account, region   the account and region that were asked, not the owner of what was answered
--   *_arn             full ARNs as AWS writes them; log group ARNs without the trailing ":*"
--   at, *_time        RFC 3339, UTC, milliseconds
--   booleans          0 or 1
--   json              canonical JSON: sorted keys, no blanks
--   evidence_id       the evidence row that a fact was read from
--   null              AWS did not say (a field absent from the response)
-- Fact tables and columns marked [volatile] change without any change of configuration; they are left out of the facts
-- digest, as evidence_id is.

pragma application_id = 0x7472706c; -- "trpl"
pragma user_version = 1;

-- The file itself: one row.
create table snapshot (
  id integer primary key check (id = 1),
  state text not null check (state in ('incomplete', 'complete')), -- incomplete: collection was cut short
  producer text not null,          -- what wrote it, such as "trailproof 0.1.0 collect"
  derivation integer not null,     -- how the facts were derived from the evidence; a reader with another derivation derives them again
  started_at text not null,        -- when the first call was made
  finished_at text,                -- when the last answer was recorded; null while incomplete
  schema_sha256 text,              -- digest over the text of this schema; null while incomplete
  evidence_sha256 text,            -- digest over all evidence rows in order; null while incomplete
  facts_sha256 text,               -- digest over the facts that are not volatile, in canonical order; equal for two collections of an unchanged account
  root_sha256 text                 -- digest over the columns above: the one value that stands for all rows of the file
) strict;

-- One API call and what came back.
create table evidence (
  id integer primary key,          -- order of recording
  account text not null check (account = '' or length(account) = 12), -- '' until the caller's identity is known
  region text not null,            -- the region asked; for global services the region of the endpoint
  service text not null,           -- endpoint prefix: cloudtrail, logs, monitoring, sns, sts, account, kms, organizations, events
  operation text not null,         -- API operation name: DescribeTrails
  request text not null check (json_valid(request)), -- json: request parameters in the shape of the AWS CLI's --cli-input-json
  at text not null,                -- when the answer was complete
  http_status integer,             -- null where no response arrived
  error_code text,                 -- AWS error code, or one of ours in lower case: timeout, connection, truncated, import; null for success
  error_message text,              -- what was said with it
  request_id text,                 -- AWS request id
  media_type text not null,        -- application/x-amz-json-1.1, application/json, text/xml, application/cbor; "application/json; shape=aws-cli" for imported files
  body blob not null,              -- response body verbatim, zlib-compressed
  body_size integer not null,      -- bytes before compression
  body_sha256 text not null,       -- of the bytes before compression
  row_sha256 text not null         -- of all columns above, see docs/evidence.md
) strict;
create index evidence_call on evidence (account, region, service, operation);

-- Questions that were asked and answered to the end: a list read to its last page, or one resource read.
-- Where a row is missing here, absence of facts proves nothing.
create table answered (
  account text not null,
  region text not null,
  service text not null,
  operation text not null,
  subject text not null,           -- what was asked about: an ARN, a name, or '' for everything in the account and region
  evidence_id integer not null references evidence (id), -- the last page
  primary key (account, region, service, operation, subject)
) strict, without rowid;

-- AWS answered that the subject does not exist: an answer, not a gap.
create table absent (
  account text not null,
  region text not null,
  service text not null,
  operation text not null,
  subject text not null,
  code text not null,              -- AWS error code
  evidence_id integer not null references evidence (id),
  primary key (account, region, service, operation, subject)
) strict, without rowid;

-- Something that could not be collected.
create table gap (
  account text not null,
  region text not null,
  service text not null,
  operation text not null,
  subject text not null,
  kind text not null check (kind in ('denied', 'throttled', 'expired', 'unreachable', 'unreadable', 'cut_short', 'other')),
  code text not null,              -- error code
  message text not null,           -- what was said; repeats the caller's session name [volatile]
  evidence_id integer not null references evidence (id),
  primary key (account, region, service, operation, subject)
) strict, without rowid;

-- An account that was asked, from sts GetCallerIdentity.
create table account (
  account text primary key,
  partition text not null,         -- aws, aws-us-gov, aws-cn
  caller_arn text not null,        -- who asked; the session name differs from run to run [volatile]
  evidence_id integer not null references evidence (id)
) strict, without rowid;

-- The organization of an account, from organizations DescribeOrganization.
create table organization (
  account text primary key,
  organization_id text not null,
  management_account text not null,
  feature_set text,
  evidence_id integer not null references evidence (id)
) strict, without rowid;

-- Accounts of the organization, from organizations ListAccounts.
create table organization_account (
  account text not null,           -- who was asked
  member text not null,            -- the account listed
  name text,
  state text,                      -- ACTIVE, SUSPENDED, CLOSED ...
  evidence_id integer not null references evidence (id),
  primary key (account, member)
) strict, without rowid;

-- Regions of an account, from account ListRegions.
create table region (
  account text not null,
  region text not null,
  status text not null,            -- ENABLED, ENABLED_BY_DEFAULT, DISABLED, ENABLING, DISABLING
  evidence_id integer not null references evidence (id),
  primary key (account, region)
) strict, without rowid;

-- Trails as DescribeTrails gives them, shadow trails and organization trails included: one row a trail an account.
create table trail (
  account text not null,
  trail_arn text not null,         -- of the owner's account
  name text not null,
  home_region text not null,
  is_multi_region integer not null check (is_multi_region in (0, 1)),
  is_organization integer not null check (is_organization in (0, 1)),
  include_global_service_events integer check (include_global_service_events in (0, 1)),
  log_group_arn text,              -- CloudWatchLogsLogGroupArn without ":*"
  role_arn text,                   -- CloudWatchLogsRoleArn
  kms_key_id text,
  s3_bucket_name text,
  s3_key_prefix text,
  log_file_validation_enabled integer check (log_file_validation_enabled in (0, 1)),
  has_custom_event_selectors integer check (has_custom_event_selectors in (0, 1)),
  has_insight_selectors integer check (has_insight_selectors in (0, 1)),
  evidence_id integer not null references evidence (id),
  primary key (account, trail_arn)
) strict, without rowid;

-- Regions in which DescribeTrails showed a trail.
create table trail_region (
  account text not null,
  trail_arn text not null,
  region text not null,
  evidence_id integer not null references evidence (id),
  primary key (account, trail_arn, region)
) strict, without rowid;

-- GetTrailStatus: what configuration decides.
create table trail_status (
  account text not null,
  region text not null,
  trail_arn text not null,
  is_logging integer not null check (is_logging in (0, 1)),
  log_delivery_error text,         -- LatestCloudWatchLogsDeliveryError
  s3_delivery_error text,          -- LatestDeliveryError
  digest_delivery_error text,      -- LatestDigestDeliveryError
  start_logging_time text,
  stop_logging_time text,
  evidence_id integer not null references evidence (id),
  primary key (account, region, trail_arn)
) strict, without rowid;

-- GetTrailStatus: times of the latest deliveries. [volatile]
create table trail_delivery (
  account text not null,
  region text not null,
  trail_arn text not null,
  log_delivery_time text,          -- LatestCloudWatchLogsDeliveryTime
  s3_delivery_time text,           -- LatestDeliveryTime
  digest_delivery_time text,       -- LatestDigestDeliveryTime
  evidence_id integer not null references evidence (id),
  primary key (account, region, trail_arn)
) strict, without rowid;

-- Basic event selectors, from GetEventSelectors.
create table event_selector (
  account text not null,
  trail_arn text not null,
  position integer not null,       -- from 0
  read_write_type text not null,   -- All, ReadOnly, WriteOnly
  include_management_events integer not null check (include_management_events in (0, 1)),
  exclude_management_event_sources text not null check (json_valid(exclude_management_event_sources)), -- json array
  data_resources text not null check (json_valid(data_resources)), -- json array
  evidence_id integer not null references evidence (id),
  primary key (account, trail_arn, position)
) strict, without rowid;

-- Advanced event selectors: one row a selector; its conditions are in advanced_event_selector_field.
create table advanced_event_selector (
  account text not null,
  trail_arn text not null,
  position integer not null,
  name text,
  evidence_id integer not null references evidence (id),
  primary key (account, trail_arn, position)
) strict, without rowid;

-- One operator of one field of an advanced event selector. Within a row the values of a positive operator are ORed, of a negative one ANDed.
create table advanced_event_selector_field (
  account text not null,
  trail_arn text not null,
  position integer not null,
  field_position integer not null,
  field text not null,             -- eventCategory, readOnly, eventSource, ...
  operator text not null check (operator in ('Equals', 'StartsWith', 'EndsWith', 'NotEquals', 'NotStartsWith', 'NotEndsWith')),
  operands text not null check (json_valid(operands)), -- json array of strings
  evidence_id integer not null references evidence (id),
  primary key (account, trail_arn, position, field_position, operator)
) strict, without rowid;

-- Log groups that trails deliver to, from DescribeLogGroups.
create table log_group (
  account text not null,
  region text not null,
  log_group_arn text not null,     -- without ":*"
  name text not null,
  class text,                      -- STANDARD, INFREQUENT_ACCESS, ESSENTIALS, DELIVERY
  kms_key_id text,
  data_protection_status text,     -- ACTIVATED, DELETED, ARCHIVED, DISABLED
  inherited_properties text not null check (json_valid(inherited_properties)), -- json array
  retention_in_days integer,
  creation_time text,
  evidence_id integer not null references evidence (id),
  primary key (account, log_group_arn)
) strict, without rowid;

-- Log transformer of a log group, from GetTransformer.
create table transformer (
  account text not null,
  region text not null,
  log_group_name text not null,
  config text not null check (json_valid(config)),
  evidence_id integer not null references evidence (id),
  primary key (account, region, log_group_name)
) strict, without rowid;

-- Account-level policies of CloudWatch Logs, from DescribeAccountPolicies.
create table logs_account_policy (
  account text not null,
  region text not null,
  policy_type text not null,       -- DATA_PROTECTION_POLICY, TRANSFORMER_POLICY, SUBSCRIPTION_FILTER_POLICY, ...
  name text not null,
  selection_criteria text,
  document text not null,
  evidence_id integer not null references evidence (id),
  primary key (account, region, policy_type, name)
) strict, without rowid;

-- Data protection policy of a log group, from GetDataProtectionPolicy.
create table data_protection_policy (
  account text not null,
  region text not null,
  log_group_name text not null,
  document text not null,
  evidence_id integer not null references evidence (id),
  primary key (account, region, log_group_name)
) strict, without rowid;

-- Subscription filters of a log group (a way out to other monitoring), from DescribeSubscriptionFilters.
create table subscription_filter (
  account text not null,
  region text not null,
  log_group_name text not null,
  name text not null,
  pattern text not null,
  destination_arn text not null,
  evidence_id integer not null references evidence (id),
  primary key (account, region, log_group_name, name)
) strict, without rowid;

-- Metric filters of the trails' log groups, from DescribeMetricFilters.
create table metric_filter (
  account text not null,
  region text not null,
  log_group_name text not null,
  name text not null,
  pattern text not null,
  apply_on_transformed_logs integer check (apply_on_transformed_logs in (0, 1)),
  field_selection_criteria text,
  emit_system_field_dimensions text not null check (json_valid(emit_system_field_dimensions)), -- json array
  creation_time text,
  evidence_id integer not null references evidence (id),
  primary key (account, region, log_group_name, name)
) strict, without rowid;

-- The metric transformation of a metric filter.
create table metric_transformation (
  account text not null,
  region text not null,
  log_group_name text not null,
  filter_name text not null,
  position integer not null,       -- from 0; AWS allows one
  namespace text not null,
  metric_name text not null,
  metric_value text not null,
  default_value text,              -- number as text; null where none is set
  unit text,                       -- null or "None": no unit
  dimensions text not null check (json_valid(dimensions)), -- json object: dimension name -> selector
  evidence_id integer not null references evidence (id),
  primary key (account, region, log_group_name, filter_name, position)
) strict, without rowid;
create index metric_transformation_metric on metric_transformation (account, region, namespace, metric_name);

-- Alarms of all three types, from DescribeAlarms. Columns that a type does not have are null.
create table alarm (
  account text not null,
  region text not null,
  alarm_arn text not null,
  name text not null,
  type text not null check (type in ('metric', 'composite', 'log')),
  description text,                -- AlarmDescription: part of the message
  actions_enabled integer not null check (actions_enabled in (0, 1)),
  namespace text,                  -- metric alarm on one metric
  metric_name text,
  dimensions text check (json_valid(dimensions)), -- json object: name -> value
  statistic text,                  -- SampleCount, Average, Sum, Minimum, Maximum
  extended_statistic text,         -- p99, tm90, ...
  period integer,                  -- seconds
  unit text,
  evaluation_periods integer,      -- N
  datapoints_to_alarm integer,     -- M; null means N
  threshold text,                  -- number as text
  comparison_operator text,
  treat_missing_data text,         -- null means missing
  evaluate_low_sample_count_percentile text,
  metrics text check (json_valid(metrics)), -- json array: MetricDataQuery of a metric-math alarm
  threshold_metric_id text,        -- anomaly detection band
  evaluation_criteria text check (json_valid(evaluation_criteria)), -- json: PromQL
  evaluation_interval integer,
  evaluation_window text check (json_valid(evaluation_window)), -- json: sliding or wall clock
  warm_up text check (json_valid(warm_up)), -- json: WarmUpConfiguration
  action_configuration text check (json_valid(action_configuration)),
  alarm_rule text,                 -- composite
  actions_suppressor text,         -- composite: alarm name or ARN
  suppressor_wait_period integer,  -- seconds
  suppressor_extension_period integer, -- seconds
  scheduled_query text check (json_valid(scheduled_query)), -- log alarm: ScheduledQueryConfiguration
  query_results_to_evaluate integer, -- log alarm: N
  query_results_to_alarm integer,  -- log alarm: M
  configuration_updated_time text,
  evidence_id integer not null references evidence (id),
  primary key (account, alarm_arn)
) strict, without rowid;
create index alarm_name on alarm (account, region, name);

-- The state of an alarm when it was asked. [volatile]
create table alarm_state (
  account text not null,
  region text not null,
  alarm_arn text not null,
  state_value text not null,       -- OK, ALARM, INSUFFICIENT_DATA
  state_reason text,
  state_updated_time text,
  state_transitioned_time text,
  evaluation_state text,           -- EVALUATION_ERROR, EVALUATION_FAILURE, PARTIAL_DATA
  actions_suppressed_by text,      -- composite
  actions_suppressed_reason text,
  evidence_id integer not null references evidence (id),
  primary key (account, alarm_arn)
) strict, without rowid;

-- Every metric and expression that a metric alarm reads: one row for an alarm on one metric, one a query for metric math.
create table alarm_metric (
  account text not null,
  region text not null,
  alarm_arn text not null,
  query_id text not null,          -- '' for an alarm on one metric
  metric_account text,             -- MetricDataQuery.AccountId: the metric lives in another account
  namespace text,                  -- null for an expression
  metric_name text,
  dimensions text not null check (json_valid(dimensions)), -- json object: name -> value
  stat text,
  period integer,
  unit text,
  expression text,
  return_data integer not null check (return_data in (0, 1)),
  evidence_id integer not null references evidence (id),
  primary key (account, alarm_arn, query_id)
) strict, without rowid;
create index alarm_metric_metric on alarm_metric (account, region, namespace, metric_name);

-- Actions of an alarm, by the state that they belong to.
create table alarm_action (
  account text not null,
  region text not null,
  alarm_arn text not null,
  on_state text not null check (on_state in ('ALARM', 'OK', 'INSUFFICIENT_DATA')),
  position integer not null,
  action_arn text not null,
  evidence_id integer not null references evidence (id),
  primary key (account, alarm_arn, on_state, position)
) strict, without rowid;
create index alarm_action_action on alarm_action (action_arn);

-- Executed and failed actions, from DescribeAlarmHistory with HistoryItemType=Action. [volatile]
create table alarm_history (
  account text not null,
  region text not null,
  alarm_name text not null,
  position integer not null,       -- from 0, newest first
  time text not null,
  summary text not null,
  data text,                       -- HistoryData
  evidence_id integer not null references evidence (id),
  primary key (account, region, alarm_name, position)
) strict, without rowid;

-- Changes of state, from DescribeAlarmHistory with HistoryItemType=StateUpdate. [volatile]
create table alarm_state_history (
  account text not null,
  region text not null,
  alarm_name text not null,
  position integer not null,       -- from 0, newest first
  time text not null,
  summary text not null,
  data text,                       -- HistoryData: json with the old and the new state
  evidence_id integer not null references evidence (id),
  primary key (account, region, alarm_name, position)
) strict, without rowid;

-- Alarm mute rules, from ListAlarmMuteRules and GetAlarmMuteRule.
create table mute_rule (
  account text not null,
  region text not null,
  rule_arn text not null,
  name text not null,
  expression text,                 -- cron(...) or at(...)
  duration text,                   -- ISO 8601
  timezone text,
  start_time text,
  expire_time text,
  status text,                     -- SCHEDULED, ACTIVE, EXPIRED: what the clock says [volatile]
  evidence_id integer not null references evidence (id),
  primary key (account, rule_arn)
) strict, without rowid;

-- Alarms that a mute rule silences.
create table mute_rule_target (
  account text not null,
  region text not null,
  rule_arn text not null,
  alarm_name text not null,
  evidence_id integer not null references evidence (id),
  primary key (account, rule_arn, alarm_name)
) strict, without rowid;

-- Topics that alarm actions name, from GetTopicAttributes.
create table topic (
  account text not null,
  region text not null,
  topic_arn text not null,
  policy text,                     -- as AWS gave it
  kms_master_key_id text,
  owner text,
  fifo integer not null check (fifo in (0, 1)),
  subscriptions_confirmed integer,
  subscriptions_pending integer,
  subscriptions_deleted integer,
  evidence_id integer not null references evidence (id),
  primary key (account, topic_arn)
) strict, without rowid;

-- Subscriptions of those topics, from ListSubscriptionsByTopic.
create table subscription (
  account text not null,
  region text not null,
  topic_arn text not null,
  protocol text not null,          -- email, email-json, sms, https, lambda, sqs, ...
  endpoint text not null,
  subscription_arn text not null,  -- or the literals PendingConfirmation, Deleted
  owner text,
  evidence_id integer not null references evidence (id),
  primary key (account, topic_arn, protocol, endpoint, subscription_arn)
) strict, without rowid;

-- From GetSubscriptionAttributes.
create table subscription_attributes (
  account text not null,
  region text not null,
  subscription_arn text not null,
  filter_policy text,              -- json as AWS gave it
  filter_policy_scope text,        -- null means MessageAttributes
  pending_confirmation integer check (pending_confirmation in (0, 1)),
  confirmation_was_authenticated integer check (confirmation_was_authenticated in (0, 1)),
  raw_message_delivery integer check (raw_message_delivery in (0, 1)),
  redrive_policy text,
  evidence_id integer not null references evidence (id),
  primary key (account, subscription_arn)
) strict, without rowid;

-- Keys that encrypt those topics, from kms DescribeKey.
create table kms_key (
  account text not null,
  region text not null,
  key_id text not null,            -- as the topic names it: an id, ARN or alias
  key_arn text not null,
  key_state text,                  -- Enabled, Disabled, PendingDeletion, ...
  key_manager text,                -- AWS, CUSTOMER
  key_spec text,                   -- SYMMETRIC_DEFAULT, RSA_2048, HMAC_256, ...
  key_usage text,                  -- ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC, KEY_AGREEMENT
  evidence_id integer not null references evidence (id),
  primary key (account, region, key_id)
) strict, without rowid;

-- From kms GetKeyPolicy.
create table kms_key_policy (
  account text not null,
  region text not null,
  key_id text not null,            -- as asked
  policy text not null,
  evidence_id integer not null references evidence (id),
  primary key (account, region, key_id)
) strict, without rowid;

-- Channels that other services and integrations have to CloudTrail, from cloudtrail ListChannels; asked where no trail of an
-- account logs. Those of AWS services are called aws-service-channel/SERVICE/...
create table channel (
  account text not null,
  region text not null,
  channel_arn text not null,
  name text not null,
  evidence_id integer not null references evidence (id),
  primary key (account, channel_arn)
) strict, without rowid;

-- Telemetry rules of CloudWatch, from observabilityadmin ListTelemetryRules; asked where no trail of an account logs. One of
-- resource type AWS::CloudTrail has CloudTrail's events recorded without one.
create table telemetry_rule (
  account text not null,
  region text not null,
  rule_arn text not null,
  name text,
  resource_type text,
  telemetry_type text,             -- Logs, Metrics, Traces
  evidence_id integer not null references evidence (id),
  primary key (account, region, rule_arn)
) strict, without rowid;

-- Event buses, from events ListEventBuses and DescribeEventBus.
create table event_bus (
  account text not null,
  region text not null,
  bus_arn text not null,
  name text not null,              -- default: the bus that CloudTrail events arrive at
  policy text,                     -- as AWS gave it
  kms_key_identifier text,         -- from DescribeEventBus alone
  evidence_id integer not null references evidence (id),
  primary key (account, bus_arn)
) strict, without rowid;

-- EventBridge rules, from events ListRules of each bus.
create table event_rule (
  account text not null,
  region text not null,
  rule_arn text not null,
  event_bus_name text not null,
  name text not null,
  state text,                      -- ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
  event_pattern text,
  schedule_expression text,
  role_arn text,
  managed_by text,                 -- the service that made the rule, of a managed one
  evidence_id integer not null references evidence (id),
  primary key (account, rule_arn)
) strict, without rowid;

-- From events ListTargetsByRule, of rules with an event pattern.
create table event_target (
  account text not null,
  region text not null,
  event_bus_name text not null,
  rule_name text not null,
  target_id text not null,
  target_arn text not null,
  role_arn text,
  input text,                      -- the whole message, where it is a constant
  input_path text,                 -- the part of the event that is the message
  input_transformer text check (json_valid(input_transformer)), -- json: InputPathsMap, InputTemplate
  evidence_id integer not null references evidence (id),
  primary key (account, region, event_bus_name, rule_name, target_id)
) strict, without rowid;
