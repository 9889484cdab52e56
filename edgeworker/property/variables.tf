variable "edgerc" {
  description = "Credentials of an API client with EdgeWorkers, EdgeKV and Property Manager, READ-WRITE."
  type        = string
  default     = "~/.edgerc"
}

variable "edgerc_section" {
  type    = string
  default = "default"
}

variable "contract_id" {
  description = "ctr_C-…"
  type        = string
}

variable "group_id" {
  description = "grp_…"
  type        = string
}

variable "product_id" {
  description = "prd_…, one that has Enhanced TLS."
  type        = string
}

variable "cp_code" {
  description = "Of the API's property, without cpc_."
  type        = number
}

variable "collector_tier_id" {
  description = "100 Basic, 200 Dynamic, 280 Enterprise. Dynamic where visitors are on slow networks: a slow upload counts against the tier's time."
  type        = number
  default     = 100
}

variable "request_events_tier_id" {
  description = "As collector_tier_id. Basic is enough."
  type        = number
  default     = 100
}

variable "api_host" {
  description = "edge.apiHost of edgehouse.config.ts."
  type        = string
  default     = "events-api.example.com"
}

variable "edge_hostname" {
  description = "An edge hostname that exists, with the certificate of api_host."
  type        = string
  default     = "events-api.example.com.edgekey.net"
}

variable "api_origin" {
  description = "Host of ApiUrl that `npm run deploy` prints, or the domain of the config."
  type        = string
}

variable "edgekv_namespace" {
  description = "edge.namespace of edgehouse.config.ts."
  type        = string
  default     = "edgehouse"
}

variable "contacts" {
  description = "Who hears of activations of the property."
  type        = list(string)
}

variable "bundles" {
  description = "Folder of the bundles that `npm run edge:build` has made for these EdgeWorker ids; empty as long as there are none."
  type        = string
  default     = ""
}
