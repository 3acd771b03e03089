//! `parlor sign`

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use parlor_model::Clock;
use parlor_sign::{Action, Signed};

use crate::config::Config;
use crate::credentials;

/// What to sign.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The client that will present the signature
    #[arg(long)]
    client: String,
    /// What the client wants to do
    #[arg(long, value_enum, default_value_t = Kind::Login)]
    action: Kind,
    /// The conversation, for every action but login and start
    #[arg(long)]
    conversation: Option<String>,
    /// Member ids, separated by commas
    #[arg(long, value_delimiter = ',')]
    members: Vec<String>,
    /// Seconds or milliseconds since the epoch; now when left out
    #[arg(long)]
    timestamp: Option<i64>,
    /// Any text
    #[arg(long, default_value = "nonce")]
    nonce: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Open a session
    Login,
    /// Start a conversation
    Start,
    /// Join a conversation or add members
    Invite,
    /// Remove members
    Kick,
    /// Block members of a conversation
    Block,
    /// Unblock members of a conversation
    Unblock,
    /// Read history over REST
    History,
}

/// Prints the signed text and its signature.
pub(super) fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    let (credentials, _) = credentials::load(config)?
        .context("there are no credentials: set app.id and its keys, or start the server once")?;
    let timestamp = arguments
        .timestamp
        .unwrap_or_else(|| Clock::system().now().as_millis());
    let signed = Signed {
        client_id: &arguments.client,
        timestamp,
        nonce: &arguments.nonce,
    };
    let action = action_of(
        arguments.action,
        arguments.conversation.as_deref(),
        arguments.members,
    )?;
    println!(
        "message    {}",
        parlor_sign::message(&credentials.id, &signed, &action)
    );
    println!(
        "signature  {}",
        parlor_sign::sign(&credentials, &signed, &action)
    );
    println!("timestamp  {timestamp}");
    println!("nonce      {}", arguments.nonce);
    Ok(())
}

fn action_of(
    kind: Kind,
    conversation: Option<&str>,
    members: Vec<String>,
) -> anyhow::Result<Action> {
    let conversation = || {
        conversation
            .map(str::to_owned)
            .context("--conversation is needed for this action")
    };
    Ok(match kind {
        Kind::Login => {
            if !members.is_empty() {
                bail!("--members has no place in a login");
            }
            Action::Login
        }
        Kind::Start => Action::Start { members },
        Kind::Invite => Action::Invite {
            conversation_id: conversation()?,
            members,
        },
        Kind::Kick => Action::Kick {
            conversation_id: conversation()?,
            members,
        },
        Kind::Block => Action::Blacklist {
            conversation_id: conversation()?,
            members,
            name: "conversation-block-clients".to_owned(),
        },
        Kind::Unblock => Action::Blacklist {
            conversation_id: conversation()?,
            members,
            name: "conversation-unblock-clients".to_owned(),
        },
        Kind::History => Action::History {
            conversation_id: conversation()?,
            nonce_first: true,
        },
    })
}
