//! Credentials, regions and endpoints, as the AWS CLI has them: profiles, environment, SSO, roles, instance roles.

use std::time::Duration;

use aws_config::profile;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, proxy::ProxyConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_types::retry::{ErrorKind, RetryConfig};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::os_shim_internal::{Env, Fs};

use super::{Config, Error};

/// Attempts of one call: with the back-off below some 20 s of throttling are waited out.
const ATTEMPTS: u32 = 8;

/// A sign-in in a browser or an MFA prompt of a credential process takes a person a while.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(120);

/// A client of a service: `client!(aws_sdk_sns, config)`.
macro_rules! client {
    ($service:ident, $config:expr) => {
        $service::Client::from_conf(
            $service::config::Builder::from($config)
                .retry_classifier($crate::collect::connect::ThrottlingAlone)
                .build(),
        )
    };
}

pub(super) use client;

/// Settings that all clients share; credentials are known to exist.
pub(super) async fn to_aws(config: &Config) -> Result<(SdkConfig, SharedHttpClient), Error> {
    if let Some(endpoint) = &config.endpoint_url {
        check_endpoint(endpoint)?;
    }
    check_profile(config.profile.as_deref()).await?;
    let http = http_client()?;
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http.clone())
        .retry_config(retries())
        .timeout_config(timeouts(config.timeout));
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &config.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(region) = config.regions.first() {
        loader = loader.region(Region::new(region.clone()));
    }
    let loaded = loader.load().await;
    let region = loaded
        .region()
        .cloned()
        .unwrap_or_else(|| Region::from_static("us-east-1"));
    let aws = loaded.to_builder().region(region).build();

    // Asked once before anything is recorded: without credentials nothing else is worth trying.
    let Some(provider) = aws.credentials_provider() else {
        return Err(Error::Credentials("none are configured".to_owned()));
    };
    match tokio::time::timeout(CREDENTIALS_TIMEOUT, provider.provide_credentials()).await {
        Ok(Ok(_)) => Ok((aws, http)),
        Ok(Err(error)) => Err(Error::Credentials(in_one_line(&causes(&error)))),
        Err(_) => Err(Error::Credentials(format!(
            "the credential source did not answer within {} s",
            CREDENTIALS_TIMEOUT.as_secs()
        ))),
    }
}

/// The SDK lists what it tried in lines of their own.
fn in_one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("; ").replace(":; ", ": ")
}

/// Settings for a replay: no network, no retries, credentials that sign nothing of worth.
pub(super) fn to_recording() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(
            aws_credential_types::provider::SharedCredentialsProvider::new(
                aws_credential_types::Credentials::new("replay", "replay", None, None, "replay"),
            ),
        )
        .retry_config(RetryConfig::disabled())
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(250))
        .with_max_backoff(Duration::from_secs(10))
}

/// Throttling is waited out here; of every other failure each call is asked again a few times by itself (`ask`), so that
/// an API that is not there costs a second and no half minute.
#[derive(Debug)]
pub(super) struct ThrottlingAlone;

impl ClassifyRetry for ThrottlingAlone {
    fn name(&self) -> &'static str {
        "ThrottlingAlone"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }

    fn classify_retry(&self, _context: &InterceptorContext) -> RetryAction {
        RetryAction::NoActionIndicated
    }

    fn classify_retry_v2(
        &self,
        _context: &InterceptorContext,
        previous: &RetryAction,
    ) -> RetryAction {
        match previous {
            RetryAction::RetryIndicated(RetryReason::RetryableError {
                kind: ErrorKind::ThrottlingError,
                ..
            }) => RetryAction::NoActionIndicated,
            _ => RetryAction::RetryForbidden,
        }
    }
}

/// Finds out before anything is asked what the SDK would say in other words, late or not at all: a profile that is not
/// there, and one that asks for an MFA code, which the SDK leaves out.
async fn check_profile(named: Option<&str>) -> Result<(), Error> {
    let (fs, env) = (Fs::real(), Env::real());
    #[allow(
        deprecated,
        reason = "its new name is in a crate that nothing else needs"
    )]
    let files = profile::profile_file::ProfileFiles::default();
    let Ok(profiles) =
        profile::load(&fs, &env, &files, named.map(|name| name.to_owned().into())).await
    else {
        // Told by the loader, with the place in the file.
        return Ok(());
    };
    let name = profiles.selected_profile();
    let is_named = named.is_some() || env.get("AWS_PROFILE").is_ok();
    let Some(profile) = profiles.get_profile(name) else {
        if !is_named {
            return Ok(());
        }
        let mut known: Vec<&str> = profiles.profiles().collect();
        known.sort_unstable();
        known.truncate(20);
        if known.is_empty() {
            known.push("none");
        }
        return Err(Error::Profile {
            name: name.to_owned(),
            known: known.join(", "),
        });
    };
    let has_keys_of_its_own = env.get("AWS_ACCESS_KEY_ID").is_ok() && named.is_none();
    if profile.get("role_arn").is_some()
        && profile.get("mfa_serial").is_some()
        && !has_keys_of_its_own
    {
        return Err(Error::Mfa {
            profile: name.to_owned(),
        });
    }
    Ok(())
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(attempt.min(Duration::from_secs(5)))
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        // Throttling may take long; a host that does not answer is given up after two attempts.
        .operation_timeout(attempt * 2 + Duration::from_secs(30))
        .build()
}

fn check_endpoint(endpoint: &str) -> Result<(), Error> {
    let host = endpoint
        .strip_prefix("https://")
        .or_else(|| endpoint.strip_prefix("http://"));
    match host {
        Some(host)
            if !host.is_empty()
                && !host.starts_with(['/', ':'])
                && !host.contains(char::is_whitespace) =>
        {
            Ok(())
        }
        _ => Err(Error::Endpoint(endpoint.to_owned())),
    }
}

/// HTTPS by rustls, through the proxy that the environment names, trusting AWS_CA_BUNDLE beside the system's roots.
fn http_client() -> Result<SharedHttpClient, Error> {
    let mut trust = TrustStore::default();
    if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        let certificates = std::fs::read(&path).map_err(|error| Error::Certificates {
            path: path.to_string_lossy().into_owned(),
            why: error.to_string(),
        })?;
        trust = trust.with_pem_certificate(certificates);
    }
    let context = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|error| Error::Certificates {
            path: std::env::var("AWS_CA_BUNDLE").unwrap_or_default(),
            why: error.to_string(),
        })?;
    let proxy = ProxyConfig::from_env();
    Ok(
        aws_smithy_http_client::Builder::new().build_with_connector_fn(
            move |settings, components| {
                let mut connector = Connector::builder()
                    .proxy_config(proxy.clone())
                    .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
                    .tls_context(context.clone());
                if let Some(settings) = settings {
                    connector = connector.connector_settings(settings.clone());
                }
                if let Some(sleep) = components.and_then(|components| components.sleep_impl()) {
                    connector = connector.sleep_impl(sleep);
                }
                connector.build()
            },
        ),
    )
}

/// An error with its causes, on one line.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
