//! How most stories begin: somebody has booked and waits, and their host has been asked by three notices.

use world::{Trouble, mailbox::Notice};

use crate::{
    browser::Browser,
    device::Device,
    town::{Known, Town, form},
};

/// With the booking's page open on the visitor's phone.
#[derive(Debug)]
pub struct Booked {
    pub visitor: Known,
    pub host: Known,
    pub phone: Browser,
    /// Of the booking's page.
    pub address: String,
    /// By SMS, service hall and WeCom.
    pub notices: [Notice; 3],
}

impl Booked {
    /// By a visitor who was never here, with a host whom nobody else visits.
    pub async fn with_a_host(town: &Town) -> Result<Self, Trouble> {
        let (visitor, host) = (town.visitor()?, town.host()?);
        let address = town.person(&visitor).await?.booked(&form(&visitor, &host)).await?;
        let phone = Browser::phone_of(town, &visitor).await?;
        phone.goes_to(&address).await?;
        phone.sees("等待审核").await?;
        let notices = town.asked(&visitor).await?;
        Ok(Self { visitor, host, phone, address, notices })
    }
}

/// The host's phone, signed in nowhere, with a link open that asks for a decision.
pub async fn asked_on_a_phone(town: &Town, notice: &Notice) -> Result<Browser, Trouble> {
    let hosts_phone = Browser::open(town, Device::phone()).await?;
    hosts_phone.follows(notice).await?;
    hosts_phone.sees("请审核来访").await?;
    Ok(hosts_phone)
}

/// The same, and the host presses at once.
pub async fn approved_on_a_phone(town: &Town, notice: &Notice) -> Result<Browser, Trouble> {
    let hosts_phone = asked_on_a_phone(town, notice).await?;
    hosts_phone.approves().await?;
    Ok(hosts_phone)
}

impl Browser {
    /// The visit on the open page.
    pub async fn approves(&self) -> Result<(), Trouble> {
        self.presses("同意来访").await?;
        self.sees("您已于").await
    }

    /// On the page of an approved booking: the gate's code, as the screen shows it.
    pub async fn opens_the_pass(&self) -> Result<String, Trouble> {
        self.presses("打开通行码").await?;
        self.sees("短码").await?;
        self.code_on_the_screen().await
    }
}
