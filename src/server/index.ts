// What `lakeweir/server` exports: the dashboard of a lake as a part of somebody else's server.
export {
  type Dashboard,
  type DashboardHandler,
  type DashboardOptions,
  dashboardHandler,
  type MountingApp,
  mountDashboard,
} from './embedded.ts'
