import { expect, test } from '@jest/globals';
import { EventQueue } from './event-queue.js';
import { MonitorError } from './monitor-error.js';
import type { MonitorEvent } from './monitor-event.js';

const events = (count: number): MonitorEvent[] =>
  Array.from({ length: count }, (_, at) => ({ event: 'CONTENT', sequence: at + 1 }));

function filled(count: number): EventQueue {
  const queue = new EventQueue(() => {});
  for (const event of events(count)) queue.put(event);
  return queue;
}

async function taken(queue: EventQueue): Promise<(number | undefined)[]> {
  const sequences: (number | undefined)[] = [];
  for await (const { sequence } of queue) sequences.push(sequence);
  return sequences;
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

test('events are iterated in their order, those that waited too, until the end', async () => {
  const queue = filled(10_000);
  queue.end();
  expect(queue.size).toBe(10_000);
  expect(await taken(queue)).toEqual(upTo(10_000));
  expect(queue.size).toBe(0);
});

test('an iterator waits for what comes', async () => {
  const queue = filled(1);
  const all = taken(queue);
  for (const event of events(3).slice(1)) {
    await Promise.resolve();
    queue.put(event);
  }
  queue.end();
  expect(await all).toEqual([1, 2, 3]);
});

test('each event goes to one iterator', async () => {
  const queue = filled(0);
  const both = Promise.all([taken(queue), taken(queue)]);
  for (const event of events(4)) queue.put(event);
  queue.end();
  expect((await both).flat().sort()).toEqual([1, 2, 3, 4]);
});

test('a listener gets what waits and what comes, until it is taken away', async () => {
  const queue = filled(2);
  const heard: (number | undefined)[] = [];
  const [, , third = {} as MonitorEvent, fourth = {} as MonitorEvent] = events(4);
  const stop = queue.listen(({ sequence }) => heard.push(sequence), undefined);
  queue.put(third);
  stop();
  queue.put(fourth);
  expect(heard).toEqual([1, 2, 3]);
  expect(queue.size).toBe(1);
});

test('what comes while a listener is told comes after', () => {
  const queue = filled(2);
  const heard: (number | undefined)[] = [];
  queue.listen(({ sequence }) => {
    if (sequence === 1) queue.put({ event: 'CONTENT', sequence: 3 });
    heard.push(sequence);
  }, undefined);
  expect(heard).toEqual([1, 2, 3]);
});

test('an end that nobody wanted is an error, after what came before it', async () => {
  const queue = filled(2);
  const error = new MonitorError('MONITOR_ENDED', 'it ended');
  queue.end(error);
  const iterator = queue[Symbol.asyncIterator]();
  expect(await iterator.next()).toMatchObject({ value: { sequence: 1 } });
  expect(await iterator.next()).toMatchObject({ value: { sequence: 2 } });
  await expect(iterator.next()).rejects.toBe(error);
  await expect(iterator.next()).rejects.toBe(error);
});

test('who waits is told of the end, by iteration or as a listener', async () => {
  const waits = filled(0);
  const listens = filled(0);
  const error = new MonitorError('MONITOR_ENDED', 'it ended');
  const next = waits[Symbol.asyncIterator]().next();
  const failed = new Promise((resolve) => listens.listen(() => {}, resolve));
  waits.end(error);
  listens.end(error);
  await expect(next).rejects.toBe(error);
  expect(await failed).toBe(error);
});

test('it is said each time that an event was taken', async () => {
  let times = 0;
  const queue = new EventQueue(() => {
    times += 1;
  });
  for (const event of events(3)) queue.put(event);
  queue.end();
  await taken(queue);
  expect(times).toBe(3);
});
