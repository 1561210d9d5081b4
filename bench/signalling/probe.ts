/**
 * Loaded into a measured process of Node before its program: tells its parent how much memory is alive, and ends it
 * so that a CPU profile is written.
 */
process.on('message', (wanted) => {
  if (wanted === 'stop') process.exit();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.(heapUsed + external);
});
// The parent's end is not the program's.
process.channel?.unref();
