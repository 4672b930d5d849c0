package gcp

import "fmt"

// Google's own words begin its errors, so that a message met here can be looked up.

func alreadyExists(id string) error {
	return fmt.Errorf("googleapi: Error 409: The resource '%s' already exists, alreadyExists", id)
}

func notFound(id string) error {
	return fmt.Errorf("googleapi: Error 404: The resource '%s' was not found, notFound", id)
}

func inUse(id, by string) error {
	return fmt.Errorf("googleapi: Error 400: The resource '%s' is already being used by '%s', resourceInUseByAnotherResource", id, by)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("googleapi: Error 400: "+format, args...)
}

func disabled(project, api string) error {
	return fmt.Errorf("googleapi: Error 403: %s has not been used in project %s before or it is disabled, SERVICE_DISABLED", api, project)
}
