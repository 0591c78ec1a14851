/** Exports the parts of the simulator that the rest of the project uses. */

export type { ModelAnswer, ModelRequest, WireFault } from './answer.ts';
export type { AnswerFault, Fault, FaultHandle, FaultRule, Faults, OtherFault, PageFault } from './faults.ts';
export type { ClientControl, ClientTrouble } from './identity.ts';
export { createDitioModel, type DitioModel, type SourceRecord } from './model.ts';
export type { ModelOptions, RateLimit, SimulatorOptions } from './options.ts';
export type { Reading } from './readings.ts';
export type { RequestLogEntry } from './request-log.ts';
export { type Simulator, startSimulator } from './simulator.ts';
export type { Change, Changes } from './source.ts';
export { STREAM_NAMES, type StreamName } from './streams.ts';
