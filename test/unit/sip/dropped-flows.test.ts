import { DroppedFlows } from '../../../lib/sip/dropped-flows';

const flow = (port: number) => ({ transport: 'udp' as const, address: '198.51.100.2', port });

test('a flow is dropped until somebody registers over it', () => {
  const dropped = new DroppedFlows();
  dropped.add(flow(1));
  expect([dropped.has(flow(1)), dropped.has({ ...flow(1), transport: 'tcp' })]).toEqual([true, false]);
  dropped.delete(flow(1));
  expect(dropped.has(flow(1))).toBe(false);
});

test('so many are remembered, those that were dropped last', () => {
  const dropped = new DroppedFlows(2);
  const known = () => [1, 2, 3].filter((port) => dropped.has(flow(port)));
  for (const port of [1, 2, 2]) dropped.add(flow(port));
  expect(known()).toEqual([1, 2]);
  dropped.add(flow(1));
  dropped.add(flow(3));
  expect(known()).toEqual([1, 3]);
});
