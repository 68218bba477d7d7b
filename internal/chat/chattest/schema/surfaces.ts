import type { HomeView, KnownBlock, ModalView } from '@slack/types';

// What a surface takes. The published view types also allow blocks of any
// unknown type; here each block must be a known one.
export interface Surfaces {
  message: { blocks: KnownBlock[] };
  modal: Omit<ModalView, 'blocks'> & { blocks: KnownBlock[] };
  home: Omit<HomeView, 'blocks'> & { blocks: KnownBlock[] };
}
