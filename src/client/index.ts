export { type AskOptions, type Client, type ClientOptions, createClient } from './client.ts'
export type { Fetch, FetchOptions, TokenSource } from './requests.ts'
export {
  type AnyPanels,
  type Column,
  type Connection,
  type DashboardHead,
  type DashboardRange,
  type FollowedPanel,
  type FollowedPanels,
  type Freshness,
  LakeweirError,
  type PanelAnswer,
  type PanelHead,
  type PanelKind,
  type PanelSpan,
  type PanelType,
  type PanelTypes,
  type ParameterValue,
  type Position,
  type Update,
  type Value,
} from './types.ts'
