import type { ServerCatalog } from '../../core/server-catalog.ts';
import { inspect } from './inspect.ts';

/**
 * What of a server's own words about itself may stand among ours: nothing that hides something or is aimed at the model, and
 * nothing at all of a pinned server, whose words could be others tomorrow.
 */
export function repeatable(about: ServerCatalog['about'], isPinned: boolean): ServerCatalog['about'] {
  return isPinned || inspect(about).length > 0 ? {} : about;
}
