//! AWS as a [`World`] has it, over real HTTP on the loopback interface, in the protocols that AWS speaks: JSON 1.1,
//! REST JSON, query XML and rpc-v2-cbor.
//!
//! For what no emulator holds: log alarms, mute rules, literal "PendingConfirmation", delivery errors, expired tokens,
//! and lists whose pages go wrong. The account is the access key (or the end of one that AssumeRole handed out), the
//! region comes from the signature, as with AWS. It shares no code with the collector's own reading of requests.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use trailproof::snapshot::operations::{AskedIn, OPERATIONS, Operation, Protocol, find};

use super::world::{ApiError, World};
use wire::{encode, form, from_cbor};

mod wire;

/// What goes wrong on purpose, for the calls that it applies to.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Account asked; any where empty.
    pub account: &'static str,
    /// API operation; any where empty.
    pub operation: &'static str,
    /// Calls that it spares before it begins.
    pub after: usize,
    /// Calls that it hits.
    pub times: usize,
    /// What happens to them.
    pub kind: FaultKind,
}

/// What happens to a call.
#[derive(Clone, Debug)]
pub enum FaultKind {
    /// An error answer.
    Error {
        /// HTTP status.
        status: u16,
        /// AWS error code.
        code: &'static str,
    },
    /// The answer takes so long.
    Delay(Duration),
    /// The connection is closed without an answer.
    Close,
    /// The connection is closed inside the body.
    CutOff,
    /// A body that is not what it says it is.
    Garbage,
    /// A page names its own token as that of the next page.
    RepeatedToken,
    /// Every page names another token as that of the next page.
    FreshTokens,
    /// This body; `{token}` in it is the session token of the request.
    Body {
        /// HTTP status.
        status: u16,
        /// The body.
        body: &'static str,
    },
    /// A body of so many bytes that says its length.
    Huge(u64),
    /// A body that never ends.
    Endless,
    /// So many of a hundred calls are throttled, refused, dropped, cut off or garbled, by a seed that stays; who asks is
    /// answered.
    Storm {
        /// Of a hundred.
        percent: u64,
    },
    /// The answer comes byte by byte, with so much time between them.
    Slow(Duration),
}

impl Fault {
    /// A fault of every call of an operation.
    pub fn of(operation: &'static str, kind: FaultKind) -> Self {
        Self {
            account: "",
            operation,
            after: 0,
            times: usize::MAX,
            kind,
        }
    }
}

/// One request that came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// Account asked.
    pub account: String,
    /// Region asked.
    pub region: String,
    /// API operation.
    pub operation: String,
    /// Request parameters as canonical JSON.
    pub request: String,
}

/// The server. It ends with the test process; its port is free again when it is dropped.
pub struct FakeAws {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    answers: HashMap<(String, String, String), Vec<Scripted>>,
    page_size: usize,
    faults: Mutex<Vec<Fault>>,
    asked: Mutex<Vec<Asked>>,
    number: AtomicUsize,
    dice: AtomicU64,
    stopped: AtomicUsize,
}

struct Scripted {
    region: String,
    subjects: Vec<String>,
    output: Result<Value, ApiError>,
}

impl FakeAws {
    /// Serves a world, everything on one page.
    pub fn serve(world: &World) -> Self {
        Self::serve_pages(world, usize::MAX)
    }

    /// Serves a world, lists in pages of so many items. Deliveries are as long ago as they are in the world, which is of
    /// another day: a collection is of now.
    pub fn serve_pages(world: &World, page_size: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let mut answers: HashMap<_, Vec<Scripted>> = HashMap::new();
        for answer in &world.answers {
            let operation = find(&answer.service, &answer.operation).expect("a known operation");
            let key = (
                answer.account.clone(),
                answer.service.clone(),
                answer.operation.clone(),
            );
            answers.entry(key).or_default().push(Scripted {
                region: answer.region.clone(),
                subjects: operation.subjects(&answer.account, &answer.region, &answer.request),
                output: answer.output.clone().map(|output| of_today(answer, output)),
            });
        }
        let shared = Arc::new(Shared {
            answers,
            page_size,
            faults: Mutex::default(),
            asked: Mutex::default(),
            dice: AtomicU64::new(1),
            number: AtomicUsize::new(0),
            stopped: AtomicUsize::new(0),
        });
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if server.stopped.load(Ordering::Relaxed) > 0 {
                    return;
                }
                if let Ok(stream) = stream {
                    let server = Arc::clone(&server);
                    std::thread::spawn(move || server.talk(&stream));
                }
            }
        });
        Self { address, shared }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) -> &Self {
        self.shared.faults.lock().unwrap().push(fault);
        self
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.shared.faults.lock().unwrap().clear();
    }

    /// What was asked so far, sorted; forgotten afterwards.
    pub fn take_asked(&self) -> Vec<Asked> {
        let mut asked = std::mem::take(&mut *self.shared.asked.lock().unwrap());
        asked.sort();
        asked
    }

    /// Number of requests so far.
    pub fn requests(&self) -> usize {
        self.shared.number.load(Ordering::Relaxed)
    }
}

impl Drop for FakeAws {
    fn drop(&mut self) {
        self.shared.stopped.store(1, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

/// A request as HTTP has it.
struct Http {
    path: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

/// A request as AWS understands it.
struct Question {
    account: String,
    region: String,
    operation: &'static Operation,
    request: Value,
}

impl Shared {
    fn talk(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(http) = read_http(&mut reader) {
            if self.stopped.load(Ordering::Relaxed) > 0 || self.answer(stream, &http).is_none() {
                break;
            }
        }
        let _ = stream.shutdown(Shutdown::Both);
    }

    /// None where the connection is to be closed.
    fn answer(&self, mut stream: &TcpStream, http: &Http) -> Option<()> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let question = question(http)?;
        self.asked.lock().unwrap().push(Asked {
            account: question.account.clone(),
            region: question.region.clone(),
            operation: question.operation.name.to_owned(),
            request: trailproof::snapshot::canonical_json(&question.request),
        });
        let mut output = self.output(&question);
        let mut cut_off = false;
        let mut replaced = None;
        let mut length = None;
        let mut pause = None;
        match self.next_fault(&question) {
            Some(FaultKind::Error { status, code }) => {
                output = Err(ApiError {
                    status,
                    code: code.to_owned(),
                    message: format!("made to fail: {code}"),
                });
            }
            Some(FaultKind::Delay(delay)) => std::thread::sleep(delay),
            Some(FaultKind::Close) => return None,
            Some(FaultKind::CutOff) => cut_off = true,
            Some(FaultKind::Garbage) => replaced = Some((200, b"\xff<{".to_vec())),
            Some(FaultKind::Body { status, body }) => {
                let token = http.headers.get("x-amz-security-token");
                let body = body.replace("{token}", token.map_or("", String::as_str));
                replaced = Some((status, body.into_bytes()));
            }
            Some(FaultKind::Huge(bytes)) => length = Some(Some(bytes)),
            Some(FaultKind::Endless) => length = Some(None),
            Some(FaultKind::Slow(between)) => pause = Some(between),
            Some(FaultKind::FreshTokens) => {
                let paging = question.operation.paging.expect("a paged operation");
                if let Ok(output) = &mut output {
                    output[paging.output] = json!(format!("fresh-{number}"));
                }
            }
            Some(FaultKind::RepeatedToken) => {
                let paging = question.operation.paging.expect("a paged operation");
                if let Ok(output) = &mut output {
                    output[paging.output] = json!("round-and-round");
                }
            }
            // A storm has become one of the others by now.
            None | Some(FaultKind::Storm { .. }) => {}
        }
        let (status, body) = replaced.unwrap_or_else(|| encode(question.operation, &output));
        let media_type = match question.operation.protocol {
            Protocol::AwsJson { .. } => "application/x-amz-json-1.1",
            Protocol::RestJson { .. } => "application/json",
            Protocol::Query { .. } => "text/xml",
            Protocol::RpcV2Cbor { .. } => "application/cbor",
        };
        let length_header = match length {
            None => format!("content-length: {}", body.len()),
            Some(Some(bytes)) => format!("content-length: {bytes}"),
            // Until the connection ends, which it does not.
            Some(None) => "connection: close".to_owned(),
        };
        let mut head = format!(
            "HTTP/1.1 {status} Fake\r\ncontent-type: {media_type}\r\n{length_header}\r\nx-amzn-requestid: request-{number}\r\n",
        );
        if let Protocol::RpcV2Cbor { .. } = question.operation.protocol {
            head.push_str("smithy-protocol: rpc-v2-cbor\r\n");
        }
        if let (Protocol::RestJson { .. }, Err(error)) = (question.operation.protocol, &output) {
            head.push_str(&format!("x-amzn-errortype: {}\r\n", error.code));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).ok()?;
        if cut_off {
            stream.write_all(&body[..body.len() / 2]).ok()?;
            return None;
        }
        if let Some(bytes) = length {
            let block = [b' '; 1 << 16];
            let mut left = bytes.unwrap_or(u64::MAX);
            while left > 0 {
                let now = left.min(block.len() as u64);
                stream.write_all(&block[..now as usize]).ok()?;
                left -= now;
            }
            return Some(());
        }
        if let Some(between) = pause {
            for byte in body {
                stream.write_all(&[byte]).ok()?;
                std::thread::sleep(between);
            }
            return Some(());
        }
        stream.write_all(&body).ok()
    }

    fn next_fault(&self, question: &Question) -> Option<FaultKind> {
        let mut faults = self.faults.lock().unwrap();
        let fault = faults.iter_mut().find(|fault| {
            (fault.account.is_empty() || fault.account == question.account)
                && (fault.operation.is_empty() || fault.operation == question.operation.name)
                && fault.times > 0
        })?;
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        fault.times -= 1;
        match fault.kind {
            FaultKind::Storm { percent } => self.storm(percent, question.operation.name),
            _ => Some(fault.kind.clone()),
        }
    }

    fn storm(&self, percent: u64, operation: &str) -> Option<FaultKind> {
        // Weyl's sequence, mixed: no two calls have the same number, whatever threads they come from.
        let number = self
            .dice
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (number ^ (number >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 16;
        if operation == "GetCallerIdentity" || mixed % 100 >= percent {
            return None;
        }
        let error = |status, code| FaultKind::Error { status, code };
        Some(match mixed / 100 % 8 {
            0 | 1 => error(400, "ThrottlingException"),
            2 => error(500, "InternalFailure"),
            3 => error(503, "ServiceUnavailable"),
            4 => FaultKind::Close,
            5 => FaultKind::CutOff,
            6 => FaultKind::Slow(Duration::from_millis(1)),
            _ => FaultKind::Garbage,
        })
    }

    fn output(&self, question: &Question) -> Result<Value, ApiError> {
        if question.operation.name == "AssumeRole" {
            return self.assume_role(question);
        }
        let refuse = |code: &str, message: String| {
            Err(ApiError {
                status: 400,
                code: code.to_owned(),
                message,
            })
        };
        let operation = question.operation;
        let key = (
            question.account.clone(),
            operation.service.to_owned(),
            operation.name.to_owned(),
        );
        let subjects = operation.subjects(&question.account, &question.region, &question.request);
        let scripted = self.answers.get(&key).and_then(|answers| {
            answers.iter().find(|answer| {
                (operation.reach == AskedIn::Global || answer.region == question.region)
                    && answer.subjects == subjects
            })
        });
        match scripted {
            None if operation.name == "ListTrails" => Ok(self.trails(&question.account)),
            None if operation.name == "DescribeMetricFilters"
                && question.request["logGroupName"].is_string() =>
            {
                self.filters_of_group(question)
            }
            None if matches!(operation.name, "ListChannels" | "ListTelemetryRules") => {
                Ok(json!({ operation.lists[0]: [] }))
            }
            None => refuse(
                "NotInThisWorld",
                format!("nobody wrote an answer for {} {subjects:?}", operation.name),
            ),
            Some(scripted) => self.page(question, scripted.output.clone()?),
        }
    }

    /// The metric filters of one log group, of those of all.
    fn filters_of_group(&self, question: &Question) -> Result<Value, ApiError> {
        let mut of_all = question.request.clone();
        let group = of_all["logGroupName"].take();
        of_all
            .as_object_mut()
            .expect("members")
            .remove("logGroupName");
        let mut output = self.output(&Question {
            account: question.account.clone(),
            region: question.region.clone(),
            operation: question.operation,
            request: of_all,
        })?;
        if let Some(filters) = output["metricFilters"].as_array_mut() {
            filters.retain(|filter| filter["logGroupName"] == group);
        }
        Ok(output)
    }

    /// The trails of an account, as far as its regions tell: worlds need not write them twice.
    fn trails(&self, account: &str) -> Value {
        let key = (
            account.to_owned(),
            "cloudtrail".to_owned(),
            "DescribeTrails".to_owned(),
        );
        let mut listed = std::collections::BTreeMap::new();
        for answer in self.answers.get(&key).into_iter().flatten() {
            let trails = answer
                .output
                .as_ref()
                .ok()
                .and_then(|output| output["trailList"].as_array());
            for trail in trails.into_iter().flatten() {
                let of_it = ["TrailARN", "Name", "HomeRegion"]
                    .map(|member| (member.to_owned(), trail[member].clone()));
                listed.insert(
                    trail["TrailARN"].to_string(),
                    Value::Object(of_it.into_iter().collect()),
                );
            }
        }
        json!({"Trails": listed.into_values().collect::<Vec<Value>>()})
    }

    /// The page of an output that the request asks for.
    fn page(&self, question: &Question, mut output: Value) -> Result<Value, ApiError> {
        let Some(paging) = question.operation.paging else {
            return Ok(output);
        };
        let start: usize = question
            .operation
            .page_of(&question.request)
            .and_then(|token| token.strip_prefix("from-")?.parse().ok())
            .unwrap_or(0);
        let mut skip = start;
        let mut room = self.page_size;
        let mut more = false;
        for list in question.operation.lists {
            let Some(items) = output.get_mut(*list).and_then(Value::as_array_mut) else {
                continue;
            };
            let skipped = skip.min(items.len());
            skip -= skipped;
            items.drain(..skipped);
            more |= items.len() > room;
            items.truncate(room);
            room -= items.len();
        }
        if more {
            output[paging.output] = json!(format!("from-{}", start + self.page_size));
        }
        Ok(output)
    }

    fn assume_role(&self, question: &Question) -> Result<Value, ApiError> {
        let arn = question.request["RoleArn"].as_str().unwrap_or_default();
        let account = arn.split(':').nth(4).unwrap_or_default();
        let known = self.answers.keys().any(|(known, _, _)| known == account);
        if !known || !arn.ends_with(":role/Audit") {
            return Err(ApiError {
                status: 403,
                code: "AccessDenied".to_owned(),
                message: format!("not authorized to perform: sts:AssumeRole on resource: {arn}"),
            });
        }
        Ok(json!({
            "Credentials": {
                "AccessKeyId": format!("ASIA{account}"),
                "SecretAccessKey": "fake",
                "SessionToken": "very-secret-session-token",
                "Expiration": "2099-01-01T00:00:00.000000+00:00",
            },
            "AssumedRoleUser": {"AssumedRoleId": "AROA:trailproof", "Arn": arn},
        }))
    }
}

fn read_http(reader: &mut BufReader<&TcpStream>) -> Option<Http> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Http {
        path,
        headers,
        body,
    })
}

fn question(http: &Http) -> Option<Question> {
    let authorization = http.headers.get("authorization")?;
    let scope = authorization
        .split("Credential=")
        .nth(1)?
        .split(',')
        .next()?;
    let mut scope = scope.split('/');
    let key = scope.next()?;
    let region = scope.nth(1)?.to_owned();
    let service = scope.next()?;
    let account = key.strip_prefix("ASIA").unwrap_or(key).to_owned();
    let text = || std::str::from_utf8(&http.body).ok();
    let (name, request) = if let Some(target) = http.headers.get("x-amz-target") {
        let name = target.rsplit('.').next()?.to_owned();
        (name, serde_json::from_slice(&http.body).ok()?)
    } else if let Some(name) = http.path.split("/operation/").nth(1) {
        let request = from_cbor(&mut minicbor::Decoder::new(&http.body));
        (name.to_owned(), request)
    } else if let Some(operation) = OPERATIONS
        .iter()
        .find(|known| matches!(known.protocol, Protocol::RestJson { path } if path == http.path))
    {
        let request = serde_json::from_slice(&http.body).unwrap_or_else(|_| json!({}));
        (operation.name.to_owned(), request)
    } else {
        let mut members: Map<String, Value> = form(text()?);
        members.remove("Version");
        let name = members.remove("Action")?.as_str()?.to_owned();
        (name, Value::Object(members))
    };
    Some(Question {
        account,
        region,
        operation: find(service, &name)?,
        request,
    })
}

/// The answer as it would be given now: the times of a trail's latest deliveries moved from the world's day to this one.
fn of_today(answer: &super::world::Answer, mut output: Value) -> Value {
    if answer.operation != "GetTrailStatus" {
        return output;
    }
    let day: Timestamp = "2026-11-21T00:00:00Z".parse().expect("a time");
    for member in ["LatestDeliveryTime", "LatestCloudWatchLogsDeliveryTime"] {
        let then = output[member]
            .as_str()
            .and_then(|text| text.parse::<Timestamp>().ok());
        if let Some(then) = then {
            output[member] =
                Value::String((Timestamp::now() - day.duration_since(then)).to_string());
        }
    }
    output
}
