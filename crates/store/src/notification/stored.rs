//! Events as `notifications.event` holds them.
//!
//! **Invariant:** names and numbers in here are on disk for as long as notifications are kept;
//! a new field needs a default, and a variant that is not known is skipped, because nodes of two
//! versions share the database during an upgrade.

use parlor_model::{
    AssignedRole, AttributeChange, ClientId, ConversationId, ConversationKind, EventKind,
    JsonObject, MemberRole, MemberRoleId, MessageId, ReceiptKind, Restriction, RestrictionChange,
    Timestamp,
};
use serde::{Deserialize, Serialize};

/// A permanent event.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Stored {
    Joined(Membership),
    MembersJoined(Membership),
    Left(Membership),
    MembersLeft(Membership),
    Updated(Update),
    RoleChanged(Role),
    Restricted(Limits),
    MembersRestricted(Limits),
    Receipt(Receipt),
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Membership {
    conversation_id: String,
    conversation_kind: i16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<String>,
    by: Option<String>,
    updated_at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    temporary_ttl_secs: Option<i32>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Update {
    conversation_id: String,
    by: Option<String>,
    updated_at_ms: i64,
    requested: JsonObject,
    resolved: JsonObject,
    modified: JsonObject,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Role {
    conversation_id: String,
    conversation_kind: i16,
    role_id: String,
    client_id: String,
    role: String,
    created_at_ms: i64,
    updated_at_ms: i64,
    by: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Limits {
    conversation_id: String,
    conversation_kind: i16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<String>,
    blocked: bool,
    lifted: bool,
    by: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Receipt {
    conversation_id: String,
    message_id: String,
    recipient: String,
    read: bool,
    is_group: bool,
}

/// A number or name that stands for nothing.
#[derive(Debug)]
pub(super) struct Meaningless;

impl Stored {
    /// Returns an event's stored form; `None` for events that are not permanent.
    pub(super) fn of(kind: &EventKind) -> Option<Self> {
        Some(match kind {
            EventKind::Joined {
                conversation_id,
                conversation_kind,
                by,
                updated_at,
                temporary_ttl_secs,
            } => Self::Joined(Membership {
                temporary_ttl_secs: *temporary_ttl_secs,
                ..membership(
                    conversation_id,
                    *conversation_kind,
                    &[],
                    by.as_ref(),
                    *updated_at,
                )
            }),
            EventKind::MembersJoined {
                conversation_id,
                conversation_kind,
                members,
                by,
                updated_at,
                temporary_ttl_secs,
            } => Self::MembersJoined(Membership {
                temporary_ttl_secs: *temporary_ttl_secs,
                ..membership(
                    conversation_id,
                    *conversation_kind,
                    members,
                    by.as_ref(),
                    *updated_at,
                )
            }),
            EventKind::Left {
                conversation_id,
                conversation_kind,
                by,
                updated_at,
            } => Self::Left(membership(
                conversation_id,
                *conversation_kind,
                &[],
                by.as_ref(),
                *updated_at,
            )),
            EventKind::MembersLeft {
                conversation_id,
                conversation_kind,
                members,
                by,
                updated_at,
            } => Self::MembersLeft(membership(
                conversation_id,
                *conversation_kind,
                members,
                by.as_ref(),
                *updated_at,
            )),
            EventKind::Updated {
                conversation_id,
                by,
                updated_at,
                change,
            } => Self::Updated(Update {
                conversation_id: conversation_id.to_string(),
                by: by.as_ref().map(ToString::to_string),
                updated_at_ms: updated_at.as_millis(),
                requested: change.requested.clone(),
                resolved: change.resolved.clone(),
                modified: change.modified.clone(),
            }),
            EventKind::RoleChanged {
                conversation_kind,
                assigned,
                by,
            } => Self::RoleChanged(Role {
                conversation_id: assigned.conversation_id.to_string(),
                conversation_kind: conversation_kind.number(),
                role_id: assigned.id.to_string(),
                client_id: assigned.client_id.to_string(),
                role: assigned.role.name().to_owned(),
                created_at_ms: assigned.created_at.as_millis(),
                updated_at_ms: assigned.updated_at.as_millis(),
                by: by.as_ref().map(ToString::to_string),
            }),
            EventKind::Restricted {
                conversation_id,
                conversation_kind,
                restriction,
                change,
                by,
            } => Self::Restricted(limits(
                conversation_id,
                *conversation_kind,
                &[],
                (*restriction, *change),
                by.as_ref(),
            )),
            EventKind::MembersRestricted {
                conversation_id,
                conversation_kind,
                restriction,
                change,
                members,
                by,
            } => Self::MembersRestricted(limits(
                conversation_id,
                *conversation_kind,
                members,
                (*restriction, *change),
                by.as_ref(),
            )),
            EventKind::Receipt {
                conversation_id,
                message_id,
                recipient,
                kind,
                is_group,
            } => Self::Receipt(Receipt {
                conversation_id: conversation_id.to_string(),
                message_id: message_id.to_string(),
                recipient: recipient.to_string(),
                read: *kind == ReceiptKind::Read,
                is_group: *is_group,
            }),
            EventKind::Message(_)
            | EventKind::Missed { .. }
            | EventKind::Will(_)
            | EventKind::Patched(_)
            | EventKind::Unread { .. } => return None,
        })
    }

    /// Returns the event; `None` for one that this version does not know.
    pub(super) fn into_kind(self) -> Result<Option<EventKind>, Meaningless> {
        Ok(Some(match self {
            Self::Joined(Membership {
                conversation_id,
                conversation_kind,
                by,
                updated_at_ms,
                temporary_ttl_secs,
                ..
            }) => EventKind::Joined {
                conversation_id: ConversationId::trusted(conversation_id),
                conversation_kind: kind_of(conversation_kind)?,
                by: by.map(ClientId::trusted),
                updated_at: Timestamp::from_millis(updated_at_ms),
                temporary_ttl_secs,
            },
            Self::MembersJoined(membership) => EventKind::MembersJoined {
                conversation_id: ConversationId::trusted(membership.conversation_id),
                conversation_kind: kind_of(membership.conversation_kind)?,
                members: client_ids(membership.members),
                by: membership.by.map(ClientId::trusted),
                updated_at: Timestamp::from_millis(membership.updated_at_ms),
                temporary_ttl_secs: membership.temporary_ttl_secs,
            },
            Self::Left(Membership {
                conversation_id,
                conversation_kind,
                by,
                updated_at_ms,
                ..
            }) => EventKind::Left {
                conversation_id: ConversationId::trusted(conversation_id),
                conversation_kind: kind_of(conversation_kind)?,
                by: by.map(ClientId::trusted),
                updated_at: Timestamp::from_millis(updated_at_ms),
            },
            Self::MembersLeft(membership) => EventKind::MembersLeft {
                conversation_id: ConversationId::trusted(membership.conversation_id),
                conversation_kind: kind_of(membership.conversation_kind)?,
                members: client_ids(membership.members),
                by: membership.by.map(ClientId::trusted),
                updated_at: Timestamp::from_millis(membership.updated_at_ms),
            },
            Self::Updated(update) => EventKind::Updated {
                conversation_id: ConversationId::trusted(update.conversation_id),
                by: update.by.map(ClientId::trusted),
                updated_at: Timestamp::from_millis(update.updated_at_ms),
                change: AttributeChange {
                    requested: update.requested,
                    resolved: update.resolved,
                    modified: update.modified,
                },
            },
            Self::RoleChanged(role) => EventKind::RoleChanged {
                conversation_kind: kind_of(role.conversation_kind)?,
                assigned: AssignedRole {
                    id: MemberRoleId::trusted(role.role_id),
                    conversation_id: ConversationId::trusted(role.conversation_id),
                    client_id: ClientId::trusted(role.client_id),
                    role: MemberRole::from_name(&role.role).ok_or(Meaningless)?,
                    created_at: Timestamp::from_millis(role.created_at_ms),
                    updated_at: Timestamp::from_millis(role.updated_at_ms),
                },
                by: role.by.map(ClientId::trusted),
            },
            Self::Restricted(limits) => {
                let (restriction, change) = limits.meaning();
                EventKind::Restricted {
                    conversation_id: ConversationId::trusted(limits.conversation_id),
                    conversation_kind: kind_of(limits.conversation_kind)?,
                    restriction,
                    change,
                    by: limits.by.map(ClientId::trusted),
                }
            }
            Self::MembersRestricted(limits) => {
                let (restriction, change) = limits.meaning();
                EventKind::MembersRestricted {
                    conversation_id: ConversationId::trusted(limits.conversation_id),
                    conversation_kind: kind_of(limits.conversation_kind)?,
                    restriction,
                    change,
                    members: client_ids(limits.members),
                    by: limits.by.map(ClientId::trusted),
                }
            }
            Self::Receipt(receipt) => EventKind::Receipt {
                conversation_id: ConversationId::trusted(receipt.conversation_id),
                message_id: MessageId::trusted(receipt.message_id),
                recipient: ClientId::trusted(receipt.recipient),
                kind: if receipt.read {
                    ReceiptKind::Read
                } else {
                    ReceiptKind::Delivered
                },
                is_group: receipt.is_group,
            },
            Self::Unknown => return Ok(None),
        }))
    }
}

impl Limits {
    const fn meaning(&self) -> (Restriction, RestrictionChange) {
        let restriction = if self.blocked {
            Restriction::Blocked
        } else {
            Restriction::Silenced
        };
        let change = if self.lifted {
            RestrictionChange::Lifted
        } else {
            RestrictionChange::Imposed
        };
        (restriction, change)
    }
}

fn membership(
    conversation_id: &ConversationId,
    conversation_kind: ConversationKind,
    members: &[ClientId],
    by: Option<&ClientId>,
    updated_at: Timestamp,
) -> Membership {
    Membership {
        conversation_id: conversation_id.to_string(),
        conversation_kind: conversation_kind.number(),
        members: members.iter().map(ToString::to_string).collect(),
        by: by.map(ToString::to_string),
        updated_at_ms: updated_at.as_millis(),
        temporary_ttl_secs: None,
    }
}

fn limits(
    conversation_id: &ConversationId,
    conversation_kind: ConversationKind,
    members: &[ClientId],
    (restriction, change): (Restriction, RestrictionChange),
    by: Option<&ClientId>,
) -> Limits {
    Limits {
        conversation_id: conversation_id.to_string(),
        conversation_kind: conversation_kind.number(),
        members: members.iter().map(ToString::to_string).collect(),
        blocked: restriction == Restriction::Blocked,
        lifted: change == RestrictionChange::Lifted,
        by: by.map(ToString::to_string),
    }
}

fn kind_of(number: i16) -> Result<ConversationKind, Meaningless> {
    ConversationKind::from_number(number).ok_or(Meaningless)
}

fn client_ids(texts: Vec<String>) -> Vec<ClientId> {
    texts.into_iter().map(ClientId::trusted).collect()
}

#[cfg(test)]
mod tests {
    use parlor_model::{Content, Mention, Message};
    use serde_json::json;

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_764_000_000_123);

    fn alice() -> ClientId {
        ClientId::trusted("alice")
    }

    fn conversation_id() -> ConversationId {
        ConversationId::trusted("c")
    }

    fn permanent() -> Vec<EventKind> {
        let object = |key: &str| JsonObject::from_iter([(key.to_owned(), json!({ "x": [1] }))]);
        let mut kinds = Vec::new();
        for by in [None, Some(alice())] {
            for (conversation_kind, temporary_ttl_secs) in [
                (ConversationKind::Normal, None),
                (ConversationKind::Temporary, Some(60)),
            ] {
                kinds.extend([
                    EventKind::Joined {
                        conversation_id: conversation_id(),
                        conversation_kind,
                        by: by.clone(),
                        updated_at: AT,
                        temporary_ttl_secs,
                    },
                    EventKind::MembersJoined {
                        conversation_id: conversation_id(),
                        conversation_kind,
                        members: vec![alice(), ClientId::trusted("bob")],
                        by: by.clone(),
                        updated_at: AT,
                        temporary_ttl_secs,
                    },
                    EventKind::Left {
                        conversation_id: conversation_id(),
                        conversation_kind,
                        by: by.clone(),
                        updated_at: AT,
                    },
                    EventKind::MembersLeft {
                        conversation_id: conversation_id(),
                        conversation_kind,
                        members: vec![alice()],
                        by: by.clone(),
                        updated_at: AT,
                    },
                ]);
            }
            kinds.push(EventKind::Updated {
                conversation_id: conversation_id(),
                by: by.clone(),
                updated_at: AT,
                change: AttributeChange {
                    requested: object("attr.a"),
                    resolved: object("attr.b"),
                    modified: object("attr"),
                },
            });
            for role in [MemberRole::Member, MemberRole::Manager, MemberRole::Owner] {
                kinds.push(EventKind::RoleChanged {
                    conversation_kind: ConversationKind::Normal,
                    assigned: AssignedRole {
                        id: MemberRoleId::trusted("role"),
                        conversation_id: conversation_id(),
                        client_id: alice(),
                        role,
                        created_at: AT,
                        updated_at: AT.plus_millis(1),
                    },
                    by: by.clone(),
                });
            }
            for restriction in [Restriction::Silenced, Restriction::Blocked] {
                for change in [RestrictionChange::Imposed, RestrictionChange::Lifted] {
                    kinds.push(EventKind::Restricted {
                        conversation_id: conversation_id(),
                        conversation_kind: ConversationKind::Normal,
                        restriction,
                        change,
                        by: by.clone(),
                    });
                    kinds.push(EventKind::MembersRestricted {
                        conversation_id: conversation_id(),
                        conversation_kind: ConversationKind::Normal,
                        restriction,
                        change,
                        members: vec![alice()],
                        by: by.clone(),
                    });
                }
            }
        }
        for kind in [ReceiptKind::Delivered, ReceiptKind::Read] {
            kinds.push(EventKind::Receipt {
                conversation_id: conversation_id(),
                message_id: MessageId::trusted("m"),
                recipient: alice(),
                kind,
                is_group: kind == ReceiptKind::Read,
            });
        }
        kinds
    }

    #[test]
    fn every_permanent_event_comes_back_as_it_was() {
        for kind in permanent() {
            assert!(kind.is_permanent(), "{kind:?}");
            let stored = serde_json::to_value(Stored::of(&kind).unwrap()).unwrap();
            let stored: Stored = serde_json::from_value(stored).unwrap();
            assert_eq!(stored.into_kind().unwrap(), Some(kind));
        }
    }

    #[test]
    fn what_is_not_permanent_is_not_stored() {
        let message = Message {
            id: MessageId::trusted("m"),
            conversation_id: conversation_id(),
            kind: ConversationKind::Normal,
            sender: alice(),
            sent_at: AT,
            content: Content::Text("hi".to_owned()),
            mention: Mention::default(),
            transient: false,
            patched_at: None,
        };
        for kind in [
            EventKind::Message(message.clone().into()),
            EventKind::Will(message.into()),
            EventKind::Unread {
                conversations: Vec::new(),
                notified_at: AT,
            },
        ] {
            assert!(!kind.is_permanent(), "{kind:?}");
            assert!(Stored::of(&kind).is_none(), "{kind:?}");
        }
    }

    #[test]
    fn an_event_of_a_newer_version_is_skipped() {
        let newer = json!({ "kind": "promoted", "conversation_id": "c", "rank": 7 });
        let stored: Stored = serde_json::from_value(newer).unwrap();
        assert_eq!(stored.into_kind().unwrap(), None);
    }
}
