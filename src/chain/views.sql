-- Candidate paths: facts joined by full ARNs, and metrics by namespace, name, account and region. Names alone join nothing.
--
-- Temporary views on the read-only connection. The first column is always the account to ask for, so that a view read
-- for one account touches that account's rows alone. Nothing here judges; rows with nulls are chains that end early.

-- Trails that an account sees, with the account that owns the trail and the account and region of its log group.
create temp view if not exists chain_trail as
with located_trail as (
  select
    trail.*,
    substr(trail_arn, instr(trail_arn, ':trail/') - 12, 12) as owner,
    substr(log_group_arn, instr(log_group_arn, ':log-group:') - 12, 12) as log_account,
    substr(
      log_group_arn,
      instr(log_group_arn, ':logs:') + 6,
      instr(log_group_arn, ':log-group:') - 13 - instr(log_group_arn, ':logs:') - 6
    ) as log_region,
    substr(log_group_arn, instr(log_group_arn, ':log-group:') + 11) as log_group_name
  from trail
)
select
  account,
  trail_arn,
  name,
  owner,
  home_region,
  is_multi_region,
  is_organization,
  include_global_service_events,
  log_group_arn,
  log_account,
  log_region,
  log_group_name,
  role_arn,
  has_custom_event_selectors,
  exists (
    select 1 from trail_region as shown
    where shown.account = located_trail.account and shown.trail_arn = located_trail.trail_arn
  ) and not exists (
    select 1 from trail_region as shown
    where shown.account = located_trail.account
      and shown.trail_arn = located_trail.trail_arn
      and shown.region = located_trail.home_region
  ) as shows_elsewhere_alone,
  evidence_id
from located_trail;

-- Metric filters with the metric that each writes; one row a transformation.
create temp view if not exists chain_filter as
select
  metric_filter.account,
  metric_filter.region,
  metric_filter.log_group_name,
  metric_filter.name,
  metric_filter.pattern,
  metric_filter.apply_on_transformed_logs,
  metric_filter.field_selection_criteria,
  metric_filter.emit_system_field_dimensions,
  metric_filter.creation_time,
  metric_filter.evidence_id,
  metric_transformation.position,
  metric_transformation.namespace,
  metric_transformation.metric_name,
  metric_transformation.metric_value,
  metric_transformation.default_value,
  metric_transformation.unit,
  metric_transformation.dimensions
from metric_filter
left join metric_transformation
  on metric_transformation.account = metric_filter.account
  and metric_transformation.region = metric_filter.region
  and metric_transformation.log_group_name = metric_filter.log_group_name
  and metric_transformation.filter_name = metric_filter.name;

-- The same from the metric's side: found by the index of the transformations, whatever SQLite guesses of their number.
create temp view if not exists chain_writer as
select
  metric_filter.account,
  metric_filter.region,
  metric_filter.log_group_name,
  metric_filter.name,
  metric_filter.pattern,
  metric_filter.apply_on_transformed_logs,
  metric_filter.field_selection_criteria,
  metric_filter.emit_system_field_dimensions,
  metric_filter.creation_time,
  metric_filter.evidence_id,
  metric_transformation.position,
  metric_transformation.namespace,
  metric_transformation.metric_name,
  metric_transformation.metric_value,
  metric_transformation.default_value,
  metric_transformation.unit,
  metric_transformation.dimensions
from metric_transformation indexed by metric_transformation_metric
cross join metric_filter
  on metric_transformation.account = metric_filter.account
  and metric_transformation.region = metric_filter.region
  and metric_transformation.log_group_name = metric_filter.log_group_name
  and metric_transformation.filter_name = metric_filter.name;

-- Alarms that read a metric of their own account; one row an alarm and metric.
create temp view if not exists chain_watch as
select distinct
  alarm_metric.account,
  alarm_metric.region,
  alarm_metric.namespace,
  alarm_metric.metric_name,
  alarm_metric.alarm_arn
from alarm_metric
where alarm_metric.namespace is not null
  and alarm_metric.metric_name is not null
  and (alarm_metric.metric_account is null or alarm_metric.metric_account = alarm_metric.account);

-- Alarms of a monitoring account that read a metric of another account: a table, because it is asked from the metric's side,
-- and few rows of the facts belong in it.
create temp table if not exists chain_foreign_watch as
select distinct
  alarm_metric.metric_account,
  alarm_metric.region,
  alarm_metric.namespace,
  alarm_metric.metric_name,
  alarm_metric.account,
  alarm_metric.alarm_arn
from alarm_metric
where alarm_metric.metric_account is not null
  and alarm_metric.metric_account <> alarm_metric.account
  and alarm_metric.namespace is not null
  and alarm_metric.metric_name is not null;
create index if not exists temp.chain_foreign_watch_metric
  on chain_foreign_watch (metric_account, region, namespace, metric_name);

-- Accounts that got an answer about a topic, a subscription or a key: a table, because it is asked from the resource's side.
create temp table if not exists chain_teller as
select operation, subject, account from answered where service in ('sns', 'kms')
union
select operation, subject, account from absent where service in ('sns', 'kms');
create index if not exists temp.chain_teller_subject
  on chain_teller (operation, subject);

-- Who lists which subscriptions of a topic, and who was told of a bus: tables, because they are asked by the resource alone.
create temp table if not exists chain_listed as
select distinct topic_arn, subscription_arn from subscription;
create index if not exists temp.chain_listed_topic
  on chain_listed (topic_arn, subscription_arn);
create temp table if not exists chain_bus as
select bus_arn, account from event_bus;
create index if not exists temp.chain_bus_arn
  on chain_bus (bus_arn, account);

-- What an alarm does when it goes into ALARM, and who hears of it where the action is a topic.
-- Topic and subscriptions as the alarm's own account sees them.
create temp view if not exists chain_action as
select
  alarm_action.account,
  alarm_action.region,
  alarm_action.alarm_arn,
  alarm_action.position,
  alarm_action.action_arn,
  topic.topic_arn,
  subscription.protocol,
  subscription.endpoint,
  subscription.subscription_arn
from alarm_action
left join topic
  on topic.account = alarm_action.account
  and topic.topic_arn = alarm_action.action_arn
left join subscription
  on subscription.account = topic.account
  and subscription.topic_arn = topic.topic_arn
where alarm_action.on_state = 'ALARM';

-- Everything at once, for people who ask with SQL: trail to subscription through alarms on one metric of the log group's account.
create temp view if not exists chain_path as
select
  chain_trail.account,
  chain_trail.trail_arn,
  chain_trail.log_group_arn,
  chain_filter.name as filter_name,
  chain_filter.pattern as filter_pattern,
  chain_filter.namespace,
  chain_filter.metric_name,
  chain_watch.alarm_arn,
  chain_action.action_arn,
  chain_action.protocol,
  chain_action.endpoint,
  chain_action.subscription_arn
from chain_trail
left join log_group
  on log_group.account = chain_trail.log_account
  and log_group.log_group_arn = chain_trail.log_group_arn
left join chain_filter
  on chain_filter.account = log_group.account
  and chain_filter.region = log_group.region
  and chain_filter.log_group_name = log_group.name
left join chain_watch
  on chain_watch.account = chain_filter.account
  and chain_watch.region = chain_filter.region
  and chain_watch.namespace = chain_filter.namespace
  and chain_watch.metric_name = chain_filter.metric_name
left join chain_action
  on chain_action.account = chain_watch.account
  and chain_action.alarm_arn = chain_watch.alarm_arn;
