import type { EventEmitter } from 'node:events';
import { EdgeError } from '../errors';
import type { OfferOptions } from '../rtpengine/ng-command';
import type { RtpenginePoolEvents } from '../rtpengine/pool';
import type { RtpengineNode } from '../rtpengine/rtpengine-node';

/** What is used of one rtpengine. */
export type RtpengineCommands = Pick<RtpengineNode, 'offer' | 'answer' | 'query' | 'has' | 'bundles' | 'delete'>;

/** What is used of the pool: a node for a new call, none of those tried. */
export interface RtpengineChoice {
  pick(tried?: readonly RtpengineCommands[]): RtpengineCommands;
}

/** All that is used of the pool. */
export type Rtpengines = RtpengineChoice & EventEmitter<RtpenginePoolEvents>;

/** How many nodes are tried for a new call. */
const maxNodes = 2;

/**
 * The first offer of a call, to a node that answers.
 * @param optionsFor what it is told, by what it can do
 * @throws EdgeError of the first node that failed
 */
export async function firstOffer(
  rtpengine: RtpengineChoice,
  optionsFor: (node: RtpengineCommands) => Promise<OfferOptions>,
): Promise<{ node: RtpengineCommands; reply: string }> {
  const tried: RtpengineCommands[] = [];
  let failure: unknown;
  while (tried.length < maxNodes) {
    let node: RtpengineCommands;
    try {
      node = rtpengine.pick(tried);
    } catch (error) {
      throw failure ?? error;
    }
    const options = await optionsFor(node);
    try {
      return { node, reply: await node.offer(options) };
    } catch (error) {
      // It may have taken the offer although its reply was lost.
      void node.delete(options['call-id']);
      if (!(error instanceof EdgeError) || error.code !== 'anchor-unavailable') throw error;
      failure = error;
      tried.push(node);
    }
  }
  throw failure;
}
