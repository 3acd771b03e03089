// Owners, managers and members: who may do what to whom, and who hears of it.

import assert from 'node:assert/strict';

import { EventLog } from '../support/events.mjs';
import { fence, refusal, scenario, startConversation } from '../support/stage.mjs';

const UNAUTHORIZED = refusal(4320, 'CONVERSATION_OPERATION_UNAUTHORIZED');

/** An owner and a member of a new conversation, each with its own view of it. */
async function pair(stage) {
  const [owner, member] = await stage.logins('owner', 'member');
  const owners = await startConversation(owner, [member, stage.id('absent')]);
  const members = await member.client.getConversation(owners.id);
  return { owner, member, owners, members };
}

/** The conversation's own events, logged from now on. */
function watch(login, conversation, ...names) {
  return Object.fromEntries(names.map((name) => [name, EventLog.of(conversation, login.sdk.Event[name])]));
}

/** Makes the member a manager and waits until it knows. */
async function promote({ member, owners, members }) {
  const { MEMBER_INFO_UPDATED: told } = watch(member, members, 'MEMBER_INFO_UPDATED');
  await owners.updateMemberRole(member.id, member.sdk.ConversationMemberRole.MANAGER);
  const [[payload]] = await told.atLeast(1);
  return payload;
}

scenario('C39 a member cannot promote itself, and no role can be made up', async (stage) => {
  const { member, owners, members } = await pair(stage);
  const { MANAGER, OWNER } = member.sdk.ConversationMemberRole;
  await assert.rejects(members.updateMemberRole(member.id, MANAGER), UNAUTHORIZED);
  await assert.rejects(owners.updateMemberRole(member.id, 'Boss'), refusal(4321, 'UNKNOWN_CONVERSATION_ROLE'));
  await assert.rejects(owners.updateMemberRole(stage.id('stranger'), MANAGER), { code: 4317 });
  await assert.rejects(owners.updateMemberRole(member.id, OWNER), { code: 5130 });
});

scenario('C40 a promotion reaches the member, and the list of roles afterwards', async (stage) => {
  const cast = await pair(stage);
  const { owner, member, owners, members } = cast;
  const { MANAGER, MEMBER, OWNER } = member.sdk.ConversationMemberRole;
  const roles = async (conversation) =>
    Object.fromEntries((await conversation.getAllMemberInfo({ noCache: true })).map((info) => [info.memberId, info.role]));
  const absent = stage.id('absent');
  assert.deepEqual(await roles(owners), { [owner.id]: OWNER, [member.id]: MEMBER, [absent]: MEMBER });

  const { MEMBER_INFO_UPDATED: owned } = watch(owner, owners, 'MEMBER_INFO_UPDATED');
  const payload = await promote(cast);
  assert.equal(payload.member, member.id);
  assert.equal(payload.updatedBy, owner.id);
  assert.equal(payload.memberInfo.role, MANAGER);
  assert.equal(payload.memberInfo.isOwner, false);
  const [[own]] = await owned.atLeast(1);
  assert.equal(own.member, member.id);
  for (const conversation of [owners, members]) {
    assert.deepEqual(await roles(conversation), { [owner.id]: OWNER, [member.id]: MANAGER, [absent]: MEMBER });
  }
  await owners.updateMemberRole(member.id, MEMBER);
  assert.deepEqual(await roles(members), { [owner.id]: OWNER, [member.id]: MEMBER, [absent]: MEMBER });
});

scenario('C40 who is no member is refused the list of roles', async (stage) => {
  const { owners } = await pair(stage);
  const mallory = await stage.login('mallory');
  const conversation = await mallory.client.getConversation(owners.id);
  await assert.rejects(conversation.getAllMemberInfo(), (error) => {
    assert.match(JSON.stringify([error.message, error.code]), /4317|MEMBERSHIP/);
    return true;
  });
});

scenario('C20 an owner of managers cannot quit, and a removal succeeds for the others', async (stage) => {
  const cast = await pair(stage);
  const { owner, owners } = cast;
  await promote(cast);
  await assert.rejects(owners.quit(), refusal(4324, 'CONVERSATION_NEED_OWNER'));
  const absent = stage.id('absent');
  const { successfulClientIds, failures } = await owners.remove([owner.id, absent]);
  assert.deepEqual(successfulClientIds, [absent]);
  assert.equal(failures.length, 1);
  assert.ok(failures[0] instanceof Error);
  assert.equal(failures[0].message, 'CONVERSATION_NEED_OWNER');
  assert.deepEqual(failures[0].clientIds, [owner.id]);
  assert.ok(owners.members.includes(owner.id));
});

scenario('C41 a muted member and the others are told, and it cannot send until unmuted', async (stage) => {
  const cast = await pair(stage);
  const { owner, member, owners, members } = cast;
  await promote(cast);
  const { MEMBERS_MUTED, MEMBERS_UNMUTED } = watch(owner, owners, 'MEMBERS_MUTED', 'MEMBERS_UNMUTED');
  const theirs = watch(member, members, 'MUTED', 'UNMUTED', 'MEMBERS_MUTED', 'MEMBERS_UNMUTED');
  const { successfulClientIds } = await owners.muteMembers(member.id);
  assert.deepEqual(successfulClientIds, [member.id]);
  const muted = { members: [member.id], mutedBy: owner.id };
  assert.deepEqual((await MEMBERS_MUTED.atLeast(1))[0], [muted]);
  assert.deepEqual((await theirs.MUTED.atLeast(1))[0], [{ mutedBy: owner.id }]);
  assert.deepEqual((await theirs.MEMBERS_MUTED.atLeast(1))[0], [muted]);

  assert.deepEqual(await members.queryMutedMembers(), { results: [member.id], next: null });
  await assert.rejects(members.send(member.text('hey')), refusal(4563, 'SILIENCED'));
  await assert.rejects(members.unmuteMembers(member.id), UNAUTHORIZED);

  await owners.unmuteMembers(member.id);
  const unmuted = { members: [member.id], unmutedBy: owner.id };
  assert.deepEqual((await MEMBERS_UNMUTED.atLeast(1))[0], [unmuted]);
  assert.deepEqual((await theirs.UNMUTED.atLeast(1))[0], [{ unmutedBy: owner.id }]);
  assert.deepEqual((await theirs.MEMBERS_UNMUTED.atLeast(1))[0], [unmuted]);
  await fence(member, members, owner);
  assert.deepEqual((await owners.queryMutedMembers()).results, []);
});

scenario('C42 a blocked member is removed and stays out until it is unblocked', async (stage) => {
  const { owner, member, owners, members } = await pair(stage);
  const mine = watch(owner, owners, 'MEMBERS_BLOCKED', 'MEMBERS_LEFT', 'MEMBERS_UNBLOCKED');
  const theirs = watch(member, members, 'BLOCKED', 'KICKED', 'UNBLOCKED');
  await owners.blockMembers(member.id);
  const blocked = { members: [member.id], blockedBy: owner.id };
  assert.deepEqual((await mine.MEMBERS_BLOCKED.atLeast(1))[0], [blocked]);
  assert.deepEqual((await mine.MEMBERS_LEFT.atLeast(1))[0], [{ members: [member.id], kickedBy: owner.id }]);
  assert.deepEqual((await theirs.BLOCKED.atLeast(1))[0], [{ blockedBy: owner.id }]);
  assert.deepEqual((await theirs.KICKED.atLeast(1))[0], [{ kickedBy: owner.id }]);
  assert.ok(!members.members.includes(member.id));

  assert.deepEqual(await owners.queryBlockedMembers(), { results: [member.id], next: null });
  await assert.rejects(members.join(), refusal(4548, 'BLOCKED_BY_CONV'));
  await assert.rejects(members.send(member.text('hey')), refusal(4548, 'BLOCKED_BY_CONV'));
  await assert.rejects(members.unblockMembers(member.id), { code: 4317 });

  await owners.unblockMembers(member.id);
  const unblocked = { members: [member.id], unblockedBy: owner.id };
  assert.deepEqual((await mine.MEMBERS_UNBLOCKED.atLeast(1))[0], [unblocked]);
  assert.deepEqual((await theirs.UNBLOCKED.atLeast(1))[0], [{ unblockedBy: owner.id }]);
  assert.ok(!(await owners.fetch()).members.includes(member.id), 'unblocking adds nobody');
  await members.join();
  await fence(member, members, owner);
});

scenario('C43 muted and blocked members come in pages', async (stage) => {
  const owner = await stage.login('owner');
  const names = Array.from({ length: 25 }, (_, index) => stage.id(`m${index}`));
  const conversation = await startConversation(owner, names);
  await conversation.muteMembers(names);
  const read = async (query) => {
    const listed = [];
    const sizes = [];
    let next;
    do {
      const page = await query({ limit: 10, ...(next && { next }) });
      sizes.push(page.results.length);
      listed.push(...page.results);
      next = page.next;
    } while (next);
    assert.deepEqual(sizes, [10, 10, 5]);
    return listed;
  };
  assert.deepEqual(await read((options) => conversation.queryMutedMembers(options)), names);
  await conversation.blockMembers(names);
  assert.deepEqual(await read((options) => conversation.queryBlockedMembers(options)), names);
  assert.deepEqual((await conversation.fetch()).members, [owner.id]);
});
