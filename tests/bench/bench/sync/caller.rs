//! A gate as the server sees it: a key, a number, and a line on which it asks and is answered.

use ed25519_dalek::SigningKey;
use gatehouse::Trouble;
use serde::{Serialize, de::DeserializeOwned};
use shared::{
    ids::{CampusId, GateIndex, TerminalId},
    seal::PublicKey,
    sync::{
        enrol::InviteCode,
        http_signature::{CONTENT_DIGEST, Nonce, Parameters, SIGNATURE, SIGNATURE_INPUT, SignatureHeaders, sign},
    },
    time::Moment,
};
use world::campus::Campus;

use super::told;
use crate::web::line::Line;

pub(crate) const CAMPUS: CampusId = CampusId::new(1);

pub(super) struct Caller {
    pub(super) terminal: TerminalId,
    pub(super) key: SigningKey,
    host: String,
    line: Line,
    asked: u64,
    now: Moment,
}

impl Caller {
    /// Enrolled in the server's store at the south gate, and connected.
    pub(super) async fn enrolled(campus: &Campus, number: u32) -> Result<Self, Trouble> {
        let mut bits = [7; 10];
        bits.iter_mut().zip(number.to_be_bytes()).for_each(|(bits, number)| *bits = number);
        let code = InviteCode::from_random(bits);
        let mut seed = [8; 32];
        seed.iter_mut().zip(number.to_be_bytes()).for_each(|(seed, number)| *seed = number);
        let key = SigningKey::from_bytes(&seed);
        let gate = GateIndex::new(0).ok_or_else(|| told("no gate"))?;
        let (now, store) = (campus.now(), &campus.state.store);
        store.invite(CAMPUS, gate, &code, now.plus(chrono::TimeDelta::minutes(5)), now).await.map_err(told)?;
        let terminal = store.enrol(&code, PublicKey::of(&key), now).await.map_err(told)?;
        let terminal = terminal.ok_or_else(|| told("the code was not taken"))?.id;
        let (host, line) = (campus.listen(), Line::to(&campus.listen()).await?);
        Ok(Self { terminal, key, host, line, asked: 0, now })
    }

    /// Asks and reads the whole answer.
    pub(super) async fn post<A: DeserializeOwned>(
        &mut self,
        path: &str,
        request: &impl Serialize,
    ) -> Result<A, Trouble> {
        let body = serde_json::to_string(request)?;
        self.asked += 1;
        let [mut bits, number] = [[0; 16], u128::from(self.asked).to_be_bytes()];
        bits.copy_from_slice(&number);
        let parameters =
            Parameters { created_s: self.now.unix_s(), nonce: Nonce::from_random(bits), terminal: self.terminal };
        let SignatureHeaders { content_digest, signature_input, signature } =
            sign(&parameters, "POST", path, body.as_bytes(), &self.key);
        let text = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n{CONTENT_DIGEST}: {content_digest}\r\n\
             {SIGNATURE_INPUT}: {signature_input}\r\n{SIGNATURE}: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        let answer = self.line.ask(&text).await?;
        answer.must_be(200)?;
        Ok(serde_json::from_slice(answer.body)?)
    }
}
