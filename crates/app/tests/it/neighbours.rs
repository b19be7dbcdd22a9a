//! Neighbours that remember what they were asked and say what they were told to say.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    CaptchaSite, Delivery, Doubt, Fault, HumanToken, Humans, Push, PushContent, PushMessage,
    Statistics, StatisticsError, StatisticsQuestion, Verdict, VouchError,
};
use tokio::sync::Semaphore;

/// Customers' devices behind the push service.
#[derive(Default)]
pub(crate) struct Devices {
    sent: Mutex<Vec<PushMessage>>,
    next: Mutex<VecDeque<Result<Delivery, Fault>>>,
    /// A push service that hangs, and what lets it go on.
    hangs: Mutex<Option<Arc<Semaphore>>>,
}

impl Devices {
    /// What comes of the next message.
    pub(crate) fn next(&self, delivery: Result<Delivery, Fault>) {
        self.next.lock().unwrap().push_back(delivery);
    }

    /// From now on no message is answered.
    pub(crate) fn hang(&self) {
        *self.hangs.lock().unwrap() = Some(Arc::new(Semaphore::new(0)));
    }

    /// Everything is answered again, also what hung.
    pub(crate) fn go_on(&self) {
        if let Some(hangs) = self.hangs.lock().unwrap().take() {
            hangs.close();
        }
    }

    /// Headlines and devices of all notices that were tried.
    pub(crate) fn tried(&self) -> Vec<(String, String)> {
        let sent = self.sent.lock().unwrap();
        sent.iter()
            .map(|message| match &message.content {
                PushContent::Notice { title, .. } => (title.clone(), message.target.token.clone()),
                PushContent::Own(text) => (text.clone(), message.target.token.clone()),
            })
            .collect()
    }
}

#[async_trait]
impl Push for Devices {
    async fn deliver(&self, message: &PushMessage, _now: Timestamp) -> Result<Delivery, Fault> {
        self.sent.lock().unwrap().push(message.clone());
        let hangs = self.hangs.lock().unwrap().clone();
        if let Some(hangs) = hangs {
            // Nobody is ever let in: it is closed when all may go on.
            drop(hangs.acquire().await);
        }
        let next = self.next.lock().unwrap().pop_front();
        next.unwrap_or_else(|| Ok(Delivery::Accepted(String::from("projects/p/messages/1"))))
    }
}

/// A captcha service that finds everybody human but those whose tokens say otherwise.
#[derive(Default)]
pub(crate) struct Captcha {
    asked: Mutex<Vec<String>>,
    down: Mutex<Option<VouchError>>,
}

impl Captcha {
    /// The next question comes to this.
    pub(crate) fn fail(&self, error: VouchError) {
        *self.down.lock().unwrap() = Some(error);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Humans for Captcha {
    async fn vouch(
        &self,
        _site: &CaptchaSite,
        token: &HumanToken,
        _remote_ip: Option<IpAddr>,
        _now: Timestamp,
    ) -> Result<Verdict, VouchError> {
        self.asked.lock().unwrap().push(token.expose().to_owned());
        if let Some(error) = self.down.lock().unwrap().take() {
            return Err(error);
        }
        Ok(match token.expose() {
            "doubtful" => Verdict::Doubtful(Doubt::Score),
            "unheard" => Verdict::Doubtful(Doubt::Unheard),
            _ => Verdict::Human,
        })
    }
}

/// A statistics service that remembers how old an answer might have been.
#[derive(Default)]
pub(crate) struct Figures {
    ages: Mutex<Vec<SignedDuration>>,
    next: Mutex<Option<StatisticsError>>,
}

impl Figures {
    pub(crate) fn ages(&self) -> Vec<i64> {
        self.ages.lock().unwrap().iter().map(SignedDuration::as_secs).collect()
    }

    pub(crate) fn fail(&self, error: StatisticsError) {
        *self.next.lock().unwrap() = Some(error);
    }
}

#[async_trait]
impl Statistics for Figures {
    async fn figures(
        &self,
        _question: &StatisticsQuestion,
        max_age: SignedDuration,
        _now: Timestamp,
    ) -> Result<Arc<str>, StatisticsError> {
        self.ages.lock().unwrap().push(max_age);
        match self.next.lock().unwrap().take() {
            Some(error) => Err(error),
            None => Ok("{}".into()),
        }
    }
}
