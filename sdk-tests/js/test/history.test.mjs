// History: both directions, open and closed ends, pages, by type, who may read.

import assert from 'node:assert/strict';

import { refusal, scenario, startConversation } from '../support/stage.mjs';

const FUTURE = new Date('2099-01-01T00:00:00Z');

/** A conversation with so many text messages; the sent ones in order. */
async function talk(stage, count) {
  const alice = await stage.login('alice');
  const conversation = await startConversation(alice, [stage.id('bob')]);
  const sent = [];
  for (let index = 1; index <= count; index += 1) {
    sent.push(await conversation.send(alice.text(String(index))));
  }
  return { alice, conversation, sent };
}

const texts = (messages) => messages.map(({ text }) => text);

scenario('C74 history is ascending and walks from either end', async (stage) => {
  const { alice, conversation, sent } = await talk(stage, 5);
  const { OLD_TO_NEW, NEW_TO_OLD } = alice.sdk.MessageQueryDirection;
  const query = async (options) => texts(await conversation.queryMessages(options));

  assert.deepEqual(await query({}), ['1', '2', '3', '4', '5']);
  assert.deepEqual(await query({ limit: 2 }), ['4', '5']);
  assert.deepEqual(await query({ limit: 2, direction: NEW_TO_OLD }), ['4', '5']);
  assert.deepEqual(await query({ limit: 2, direction: OLD_TO_NEW }), ['1', '2']);
  assert.deepEqual(await query({ limit: 0 }), []);

  const fourth = { startTime: sent[3].timestamp, startMessageId: sent[3].id };
  assert.deepEqual(await query(fourth), ['1', '2', '3']);
  assert.deepEqual(await query({ ...fourth, startClosed: true }), ['1', '2', '3', '4']);
  assert.deepEqual(await query({ ...fourth, limit: 2 }), ['2', '3']);
  assert.deepEqual(await query({ ...fourth, direction: OLD_TO_NEW }), ['5']);

  const second = { endTime: sent[1].timestamp, endMessageId: sent[1].id };
  assert.deepEqual(await query(second), ['3', '4', '5']);
  assert.deepEqual(await query({ ...second, endClosed: true }), ['2', '3', '4', '5']);
  assert.deepEqual(await query({ ...fourth, ...second }), ['3']);
  assert.deepEqual(await query({ ...fourth, startClosed: true, ...second, endClosed: true }), ['2', '3', '4']);
});

scenario('C74 from old to new both ends count and pages go on', async (stage) => {
  const { alice, conversation, sent } = await talk(stage, 5);
  const direction = alice.sdk.MessageQueryDirection.OLD_TO_NEW;
  const query = async (options) => texts(await conversation.queryMessages({ direction, ...options }));
  const start = (index) => ({ startTime: sent[index].timestamp, startMessageId: sent[index].id });
  const end = (index) => ({ endTime: sent[index].timestamp, endMessageId: sent[index].id });

  assert.deepEqual(await query({ ...start(1), limit: 2 }), ['3', '4']);
  assert.deepEqual(await query({ ...start(3), limit: 2 }), ['5']);
  assert.deepEqual(await query({ ...start(1), startClosed: true, ...end(3) }), ['2', '3']);
  assert.deepEqual(await query({ ...start(1), ...end(3), endClosed: true }), ['3', '4']);
  assert.deepEqual(await query(end(2)), ['1', '2']);

  const flipped = await conversation.queryMessages({ ...start(0), ...end(4) });
  assert.deepEqual(texts(flipped), ['2', '3', '4'], 'the SDK asks from old to new by itself');
});

scenario('C74 times without ids and dates before and after everything', async (stage) => {
  const { conversation, sent } = await talk(stage, 3);
  const query = async (options) => texts(await conversation.queryMessages(options));
  assert.deepEqual(await query({ startTime: sent[2].timestamp }), ['1', '2']);
  assert.deepEqual(await query({ startTime: sent[2].timestamp, startClosed: true }), ['1', '2', '3']);
  assert.deepEqual(await query({ startTime: sent[1].timestamp.getTime() }), ['1']);
  assert.deepEqual(await query({ startTime: FUTURE }), ['1', '2', '3']);
});

scenario('C75 windows in which nothing was said are empty', async (stage) => {
  const { alice, conversation } = await talk(stage, 3);
  const { OLD_TO_NEW, NEW_TO_OLD } = alice.sdk.MessageQueryDirection;
  const empty = [
    { beforeTime: 1 },
    { afterTime: FUTURE },
    { startTime: FUTURE, direction: OLD_TO_NEW },
    { startTime: 1, endTime: FUTURE, direction: NEW_TO_OLD },
    { type: 1000 },
  ];
  for (const options of empty) assert.deepEqual(await conversation.queryMessages(options), [], JSON.stringify(options));
});

scenario('C75 the iterator pages back to the first message', async (stage) => {
  const { conversation } = await talk(stage, 5);
  const iterator = conversation.createMessagesIterator({ limit: 2 });
  const pages = [await iterator.next(), await iterator.next(), await iterator.next()];
  assert.deepEqual(pages.map(({ value }) => texts(value)), [['4', '5'], ['2', '3'], ['1']]);
  assert.deepEqual(pages.map(({ done }) => done), [false, false, true]);
  assert.deepEqual(await iterator.next(), { value: [], done: true });
});

scenario('C75 an iterator from a message on leaves that one out', async (stage) => {
  const { conversation, sent } = await talk(stage, 4);
  const iterator = conversation.createMessagesIterator({
    beforeTime: sent[3].timestamp,
    beforeMessageId: sent[3].id,
    limit: 2,
  });
  assert.deepEqual(texts((await iterator.next()).value), ['2', '3']);
  assert.deepEqual(texts((await iterator.next()).value), ['1']);
});

scenario('history pages hold 20 messages unless asked and 100 at most', async (stage) => {
  const alice = await stage.login('alice');
  const conversation = await startConversation(alice, []);
  await Promise.all(Array.from({ length: 105 }, (_, index) => conversation.send(alice.text(String(index)))));
  assert.equal((await conversation.queryMessages({})).length, 20);
  assert.equal((await conversation.queryMessages({ limit: 50 })).length, 50);
  assert.equal((await conversation.queryMessages({ limit: 1000 })).length, 100);
});

scenario('C76 a type selects messages of that type only', async (stage) => {
  const alice = await stage.login('alice');
  const conversation = await startConversation(alice, []);
  const { Message, BinaryMessage } = alice.sdk;
  await conversation.send(alice.text('text'));
  await conversation.send(new Message(JSON.stringify({ _lctype: 7, n: 1 })));
  await conversation.send(new Message('plain'));
  await conversation.send(new Message(JSON.stringify({ n: 2 })));
  await conversation.send(new BinaryMessage(Uint8Array.of(1, 2).buffer));
  assert.equal((await conversation.queryMessages({})).length, 5);
  assert.deepEqual(texts(await conversation.queryMessages({ type: -1 })), ['text']);
  const [custom, ...none] = await conversation.queryMessages({ type: 7 });
  assert.deepEqual(custom.content, { _lctype: 7, n: 1 });
  assert.deepEqual(none, []);
});

scenario('C77 a message that was never edited has no update time of its own', async (stage) => {
  const { conversation } = await talk(stage, 1);
  const [message] = await conversation.queryMessages({});
  assert.deepEqual(message.updatedAt, message.timestamp);
  assert.equal(message.toFullJSON().updatedAt, undefined);
});

scenario('C78 who is no member cannot read, who joins reads everything', async (stage) => {
  const { alice, conversation } = await talk(stage, 3);
  const carol = await stage.login('carol');
  const theirs = await carol.client.getConversation(conversation.id);
  await assert.rejects(theirs.queryMessages({}), refusal(4312, 'CONVERSATION_LOG_REJECTED'));
  await theirs.join();
  assert.deepEqual(texts(await theirs.queryMessages({})), ['1', '2', '3']);
  await theirs.quit();
  await conversation.send(alice.text('4'));
  await assert.rejects(theirs.queryMessages({}), refusal(4312, 'CONVERSATION_LOG_REJECTED'));
  await theirs.join();
  assert.deepEqual(texts(await theirs.queryMessages({})), ['1', '2', '3', '4']);
});
