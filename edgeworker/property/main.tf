# What edgehouse needs at Akamai, as an example: copy the folder and set variables.tf. Twice applied: the first time makes the
# EdgeWorker ids, which edgehouse.config.ts names and the bundles have built in; the second time, with the folder of the bundles, ships them.
# Either this or `npm run edge:deploy` ships versions: each undoes what the other one did. docs/edge.md, "Shipping".

terraform {
  required_version = ">= 1.5"
  required_providers {
    akamai = {
      source  = "akamai/akamai"
      version = "~> 9.2"
    }
  }
}

provider "akamai" {
  edgerc         = var.edgerc
  config_section = var.edgerc_section
}

locals {
  handlers = toset(["collector", "request-event"])
}

# Without a bundle the provider uploads Akamai's own example, which is never activated here.
resource "akamai_edgeworker" "edgehouse" {
  for_each         = local.handlers
  name             = "edgehouse-${each.key}"
  group_id         = var.group_id
  resource_tier_id = each.key == "collector" ? var.collector_tier_id : var.request_events_tier_id
  local_bundle     = var.bundles == "" ? null : "${var.bundles}/${each.key}.tgz"
}

resource "akamai_edgeworkers_activation" "staging" {
  for_each      = var.bundles == "" ? toset([]) : local.handlers
  edgeworker_id = akamai_edgeworker.edgehouse[each.key].edgeworker_id
  version       = akamai_edgeworker.edgehouse[each.key].version
  network       = "STAGING"
}

resource "akamai_edgeworkers_activation" "production" {
  for_each      = var.bundles == "" ? toset([]) : local.handlers
  edgeworker_id = akamai_edgeworker.edgehouse[each.key].edgeworker_id
  version       = akamai_edgeworker.edgehouse[each.key].version
  network       = "PRODUCTION"
  depends_on    = [akamai_edgeworkers_activation.staging]
}

# Initializes EdgeKV where the account has none yet. A day is the shortest retention; the items are written anew every 15 minutes.
resource "akamai_edgekv" "credentials" {
  for_each             = toset(["staging", "production"])
  namespace_name       = var.edgekv_namespace
  network              = each.key
  group_id             = tonumber(trimprefix(var.group_id, "grp_"))
  retention_in_seconds = 86400
}

data "akamai_property_rules_template" "api" {
  template_file = "${path.module}/property-snippets/api.json"

  variables {
    name  = "api_origin"
    type  = "string"
    value = var.api_origin
  }
  variables {
    name  = "cp_code"
    type  = "number"
    value = var.cp_code
  }
}

resource "akamai_property" "api" {
  name        = var.api_host
  contract_id = var.contract_id
  group_id    = var.group_id
  product_id  = var.product_id
  rule_format = "v2025-10-16"
  rules       = data.akamai_property_rules_template.api.json

  hostnames {
    cname_from             = var.api_host
    cname_to               = var.edge_hostname
    cert_provisioning_type = "CPS_MANAGED"
  }
}

resource "akamai_property_activation" "staging" {
  property_id                    = akamai_property.api.id
  version                        = akamai_property.api.latest_version
  network                        = "STAGING"
  contact                        = var.contacts
  auto_acknowledge_rule_warnings = false
}

resource "akamai_property_activation" "production" {
  property_id                    = akamai_property.api.id
  version                        = akamai_property.api.latest_version
  network                        = "PRODUCTION"
  contact                        = var.contacts
  auto_acknowledge_rule_warnings = false
  depends_on                     = [akamai_property_activation.staging]
}

# The site has a property of its own: these are the rules and variables to add to it.
data "akamai_property_rules_template" "site" {
  template_file = "${path.module}/property-snippets/site.json"

  variables {
    name  = "collector_id"
    type  = "string"
    value = akamai_edgeworker.edgehouse["collector"].edgeworker_id
  }
  variables {
    name  = "request_events_id"
    type  = "string"
    value = akamai_edgeworker.edgehouse["request-event"].edgeworker_id
  }
}

output "edgeworker_ids" {
  description = "For edge.collector and edge.requestEvents in edgehouse.config.ts."
  value       = { for handler, worker in akamai_edgeworker.edgehouse : handler => worker.edgeworker_id }
}

output "site_rules" {
  description = "For the property of the site."
  value       = data.akamai_property_rules_template.site.json
}
