/** `tapvs/testing`: what tests expect of packets, and recorded cases as tests. */
export { AssertionError } from "./library/testing/assertion.ts";
export { type CasesOptions, runCases } from "./library/testing/cases.ts";
export * from "./library/testing/checks.ts";
export {
  Conversation,
  conversation,
  type HandOver,
  type Passing,
  type SequenceNumbers,
} from "./library/testing/conversation.ts";
export { expectSent, expectVerdict, type SentExpectation, type Told } from "./library/testing/expectation.ts";
export { LAB, type Lab, type LabAddresses, type LabOptions, lab, macOf, service } from "./library/testing/lab.ts";
