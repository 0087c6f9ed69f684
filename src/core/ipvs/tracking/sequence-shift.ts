/**
 * The sequence numbers of one direction of a TCP connection whose text a helper makes longer or shorter.
 * Mirrors struct nf_ct_seqadj and net/netfilter/nf_conntrack_seqadj.c (struct ip_vs_seq is the same in older words).
 * Numbers are mod 2^32 (RFC 9293, section 3.4).
 */

/** Whether a sequence number comes after another. */
export const isAfter = (a: number, b: number): boolean => ((b - a) | 0) < 0;

export class SequenceShift {
  /** The last change of length was in the segment with this sequence number, as its sender numbers it (correction_pos, init_seq). */
  position = 0;
  /** What is added to numbers after it, and to those up to it (offset_after, offset_before; delta, previous_delta). */
  after = 0;
  before = 0;

  get isNone(): boolean {
    return this.before === 0 && this.after === 0;
  }

  /** A segment's text grew by `growth` bytes; one that is sent again changes nothing (nf_ct_seqadj_set). */
  grow(sequence: number, growth: number): void {
    if (growth === 0 || (this.before !== this.after && !isAfter(sequence, this.position))) return;
    this.position = sequence >>> 0;
    this.before = this.after;
    this.after += growth;
  }

  /** The shift of a sender's number (nf_ct_seq_offset). */
  of(sequence: number): number {
    return isAfter(sequence, this.position) ? this.after : this.before;
  }

  /** The shift in a receiver's acknowledgement, which counts the longer or shorter text (nf_ct_seq_adjust). */
  ofAcknowledgement(acknowledgement: number): number {
    return isAfter(acknowledgement - this.before, this.position) ? this.after : this.before;
  }
}
