-- Views for people who ask with SQL: joins that are asked for again and again. Temporary, on the read-only connection.
-- They join and count; what a row means for a control is for `analyze` to say. docs/query.md has examples.

-- The API calls that were made, without their bodies.
create temp view if not exists call as
select
  evidence.id,
  evidence.account,
  evidence.region,
  evidence.service,
  evidence.operation,
  evidence.request,
  evidence.at,
  coalesce(evidence.error_code, 'ok') as outcome,
  evidence.body_size
from evidence;

-- Subscriptions of topics that alarms name, and whether each is confirmed: AWS says so in the list or in the attributes.
create temp view if not exists told as
select
  chain_action.account,
  chain_action.region,
  chain_action.alarm_arn,
  chain_action.topic_arn,
  chain_action.protocol,
  chain_action.endpoint,
  chain_action.subscription_arn like 'arn:%'
    and coalesce(subscription_attributes.pending_confirmation, 0) = 0 as confirmed
from chain_action
left join subscription_attributes
  on subscription_attributes.account = chain_action.account
  and subscription_attributes.subscription_arn = chain_action.subscription_arn
where chain_action.subscription_arn is not null;

-- Who is told, and of how many alarms: one row a confirmed subscription of a topic.
create temp view if not exists recipient as
select
  told.account,
  told.region,
  told.topic_arn,
  told.protocol,
  told.endpoint,
  count(distinct told.alarm_arn) as alarms
from told
where told.confirmed
group by
  told.account,
  told.region,
  told.topic_arn,
  told.protocol,
  told.endpoint;

-- Alarms that tell nobody when they go into ALARM, with the first reason that holds.
create temp view if not exists silent_alarm as
with act as (
  select
    chain_action.account,
    chain_action.alarm_arn,
    count(case when chain_action.action_arn not like 'arn:%:sns:%' then 1 end) as other_actions,
    count(chain_action.topic_arn) as topics
  from chain_action
  group by
    chain_action.account,
    chain_action.alarm_arn
),
heard as (
  select distinct
    told.account,
    told.alarm_arn
  from told
  where told.confirmed
)
select
  alarm.account,
  alarm.region,
  alarm.alarm_arn,
  alarm.name,
  case
    when alarm.actions_enabled = 0 then 'actions are disabled'
    when act.alarm_arn is null then 'no action for ALARM'
    when act.topics = 0 then 'topic was not read'
    else 'no confirmed subscription'
  end as why
from alarm
left join act
  on act.account = alarm.account
  and act.alarm_arn = alarm.alarm_arn
left join heard
  on heard.account = alarm.account
  and heard.alarm_arn = alarm.alarm_arn
where alarm.actions_enabled = 0
  or act.alarm_arn is null
  or (act.other_actions = 0 and heard.alarm_arn is null);

-- Metric filters of the trails' log groups whose metric no alarm of the account reads.
create temp view if not exists unwatched_filter as
select
  chain_filter.account,
  chain_filter.region,
  chain_filter.log_group_name,
  chain_filter.name,
  chain_filter.namespace,
  chain_filter.metric_name,
  chain_filter.pattern
from chain_filter
left join chain_watch
  on chain_watch.account = chain_filter.account
  and chain_watch.region = chain_filter.region
  and chain_watch.namespace = chain_filter.namespace
  and chain_watch.metric_name = chain_filter.metric_name
where chain_watch.alarm_arn is null;
